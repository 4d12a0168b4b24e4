import type {
  ListEntry,
  ListRequest,
  ObjectContent,
  ReadRequest,
  RemovalFailure,
  StoredStat,
  WriteRequest,
} from '@stack/core';
import MemoryArtifactStore from '../../src/memory-artifact-store/implementation.ts';
import type { Mutant, Source } from './mutant.ts';

/** A store that changes keys on the way to the backend. */
function changing(change: (key: string) => string): typeof MemoryArtifactStore {
  return class extends MemoryArtifactStore {
    override doRead(key: string, request: ReadRequest): Promise<ObjectContent> {
      return super.doRead(change(key), request);
    }
    override doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
      return super.doWrite(change(key), source, request);
    }
    override doStat(key: string): Promise<StoredStat | undefined> {
      return super.doStat(change(key));
    }
    override doRemove(keys: readonly string[]): Promise<readonly RemovalFailure[]> {
      return super.doRemove(keys.map(change));
    }
  };
}

/** A store that does not list some of what it has. */
function hiding(isHidden: (name: string) => boolean): typeof MemoryArtifactStore {
  return class extends MemoryArtifactStore {
    override async *doList(key: string, request: ListRequest): AsyncIterable<ListEntry> {
      for await (const entry of super.doList(key, request)) {
        if (!entry.path.split('/').some(isHidden)) yield entry;
      }
    }
  };
}

/** Looks objects up as properties of an object that has some already. */
class LooksKeysUpInAnObject extends MemoryArtifactStore {
  override async doStat(key: string): Promise<StoredStat | undefined> {
    const known: Record<string, unknown> = {};
    if (key in known) return { size: 0, modifiedAt: new Date(), etag: '' };
    return super.doStat(key);
  }
}

/** Stores over that in memory, each of which changes or loses some keys. */
export const keyMutants: readonly Mutant<typeof MemoryArtifactStore>[] = [
  {
    fault: 'trims keys',
    store: changing((key) => key.trim()),
    convictedBy: 'keys with spaces at their ends are kept byte for byte, apart from each other',
  },
  {
    fault: 'drops the dots at the end of a segment',
    store: changing((key) => key.replaceAll(/\.+(?=\/|$)/g, '') || key),
    convictedBy: 'keys with dots are kept byte for byte, apart from each other',
  },
  {
    fault: 'hides what begins with a dot',
    store: hiding((name) => name.startsWith('.')),
    convictedBy: 'keys with dots are kept byte for byte, apart from each other',
  },
  {
    fault: 'decodes per cent signs',
    store: changing((key) =>
      key.replaceAll(/%([0-9a-f]{2})/gi, (_, digits) => String.fromCharCode(Number(`0x${digits}`))),
    ),
    convictedBy: 'keys with per cent signs are kept byte for byte, apart from each other',
  },
  {
    fault: 'takes plus signs for spaces',
    store: changing((key) => key.replaceAll('+', ' ')),
    convictedBy: 'keys with plus signs and spaces are kept byte for byte, apart from each other',
  },
  {
    fault: 'takes the end of a key for a query',
    store: changing((key) => key.replace(/(?<=.)[?#].*$/s, '')),
    convictedBy: 'keys with characters of URLs are kept byte for byte, apart from each other',
  },
  {
    fault: 'takes backslashes for slashes',
    store: changing((key) => key.replaceAll('\\', '/')),
    convictedBy: 'keys with backslashes are kept byte for byte, apart from each other',
  },
  {
    fault: 'replaces what disks refuse by one sign',
    store: changing((key) => key.replaceAll(/[:|<>"*]/g, '_')),
    convictedBy: 'keys with characters that disks refuse are kept byte for byte, apart from each other',
  },
  {
    fault: 'loses the names that disks reserve',
    store: hiding((name) => /^(?:con|nul|aux|com\d|lpt\d)(?:\.|$)/i.test(name)),
    convictedBy: 'keys with names that disks reserve are kept byte for byte, apart from each other',
  },
  {
    fault: 'drops control characters',
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it drops
    store: changing((key) => key.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '')),
    convictedBy: 'keys with control characters are kept byte for byte, apart from each other',
  },
  {
    fault: 'folds case',
    store: changing((key) => key.toLowerCase()),
    convictedBy: 'keys with letters of another case are kept byte for byte, apart from each other',
  },
  {
    fault: 'normalises Unicode',
    store: changing((key) => key.normalize('NFC')),
    convictedBy: 'keys with characters in several forms are kept byte for byte, apart from each other',
  },
  {
    fault: 'knows the basic plane only',
    store: changing((key) => key.replaceAll(/[\u{10000}-\u{10ffff}]/gu, '\ufffd')),
    convictedBy: 'keys with characters beyond the basic plane are kept byte for byte, apart from each other',
  },
  {
    fault: 'drops characters that do not show',
    store: changing((key) => key.replaceAll(/[\u00ad\u200b-\u200f\u2028-\u202e\ufeff]/g, '')),
    convictedBy: 'keys with characters that do not show are kept byte for byte, apart from each other',
  },
  {
    fault: 'keeps Latin letters only',
    store: changing((key) => Buffer.from(key, 'latin1').toString('latin1')),
    convictedBy: 'keys with letters of other scripts are kept byte for byte, apart from each other',
  },
  {
    fault: 'looks keys up in an object',
    store: LooksKeysUpInAnObject,
    convictedBy: 'keys with names that JavaScript knows are kept byte for byte, apart from each other',
  },
  {
    fault: 'loses keys that look like patterns',
    store: hiding((name) => /[[\]{}*]/.test(name)),
    convictedBy: 'keys with signs of patterns and templates are kept byte for byte, apart from each other',
  },
  {
    fault: 'takes keys for options',
    store: changing((key) => key.replace(/^-+/, '') || key),
    convictedBy: 'keys with signs of options are kept byte for byte, apart from each other',
  },
  {
    fault: 'hides keys that look like its staged files',
    store: hiding((name) => name.startsWith('.stack-staging')),
    convictedBy: 'keys with names of staged files are kept byte for byte, apart from each other',
  },
  {
    fault: 'cuts long names',
    store: changing((key) => key.slice(0, 238)),
    convictedBy: 'keys with the greatest lengths are kept byte for byte, apart from each other',
  },
];
