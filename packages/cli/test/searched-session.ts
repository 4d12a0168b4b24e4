import { commands } from '../src/command-line/command-table.ts';
import { findCommands } from '../src/command-line/find-command.ts';
import { found } from './marker-search.ts';
import { cleanEnvironment, type Result, runStack } from './run-stack.ts';

interface Called {
  readonly line: string;
  /** What it printed of the markers. */
  readonly hits: readonly string[];
}

/** Commands that a project with secrets is called with, and what of the secrets they print. */
export class SearchedSession {
  readonly called: Called[] = [];
  readonly #root: string;
  readonly #env: NodeJS.ProcessEnv;
  #artifact = '';

  /** @param home where the key is: outside of what is searched */
  constructor(root: string, home: string) {
    this.#root = root;
    this.#env = { ...cleanEnvironment, HOME: home };
  }

  call(words: readonly string[], env: NodeJS.ProcessEnv = {}): Result {
    const result = runStack(this.#root, words, { env: { ...this.#env, ...env } });
    this.called.push({ line: words.join(' '), hits: found(Buffer.from(result.stdout + result.stderr)) });
    return result;
  }

  /** Each line with and without `--json`. */
  callAll(lines: readonly string[]): void {
    for (const line of lines) {
      for (const json of [[], ['--json']]) this.call([...this.#wordsOf(line), ...json]);
      // Of the first run that has one.
      if (line.startsWith('pipeline run') && this.#artifact === '') {
        this.#artifact = this.data<readonly { readonly id: string }[]>('artifact', 'list')[0]?.id ?? '';
      }
    }
  }

  data<Data>(...words: string[]): Data {
    return (JSON.parse(this.call([...words, '--json']).stdout) as { readonly data: Data }).data;
  }

  /** The commands that are in none of these lines. */
  missing(lines: readonly string[]): string[] {
    const made = new Set(
      lines.map((line) => findCommands(this.#wordsOf(line), ['artifact-store', 'secret-store']).commands[0]),
    );
    return commands.filter((command) => !made.has(command)).map(({ words }) => words.join(' '));
  }

  #wordsOf(line: string): string[] {
    return line.replace('<artifact>', this.#artifact).split(' ');
  }
}

/**
 * A command line for every command at the least; not all of them succeed. The flavor "disk" has the secrets "marks" in its
 * config and its settings.
 *
 * @param runs command lines that run pipelines, and look at the runs
 */
export function everyCommand(runs: readonly string[]): readonly string[] {
  return [
    'init',
    'artifact-store flavor register flavors/disk.ts#diskFlavor',
    'secret-store set default environment',
    'secret list',
    'secret get marks',
    'secret get marks --key=key',
    'secret export marks.yaml',
    'secret import nowhere.yaml',
    'secret create marks --a=@nowhere.txt',
    'secret update marks --more=@more.txt',
    'artifact-store register leaky --flavor=disk --path=data --access-key={{marks.key}} --region={{marks.region}}',
    'artifact-store update leaky --token={{marks.token}}',
    'secret rename marks others',
    'secret delete marks',
    'stack register leaky --orchestrator=default --artifact-store=leaky --activate',
    'stack validate',
    'stack doctor',
    'stack doctor --live',
    ...runs,
    'worker --once',
    'artifact list',
    'artifact describe <artifact>',
    'artifact cat <artifact>',
    'artifact versions <artifact>',
    'artifact save notes/manifest package.json --tag=draft --metadata=pages=3',
    'artifact log-metadata notes/manifest kind=note',
    'run log-metadata printing checked=true',
    'artifact tag <artifact> prod',
    'artifact lineage <artifact>',
    'artifact untag <artifact> prod',
    'artifact verify --all',
    'artifact gc',
    'run retention set --max-count=1000',
    'run retention list',
    'run prune',
    'run retention delete',
    'run delete none',
    'artifact download <artifact> downloaded',
    'artifact visualization <artifact>',
    'status',
    'migrate',
    'artifact-store list',
    'artifact-store get',
    'artifact-store gc leaky',
    'artifact-store describe leaky',
    'artifact-store copy leaky copied',
    'artifact-store remove-attribute copied region',
    'artifact-store rename copied other',
    'artifact-store delete other',
    'artifact-store flavor list',
    'artifact-store flavor describe disk',
    'artifact-store flavor update disk',
    'artifact-store flavor delete disk',
    'stack list',
    'stack describe',
    'stack get',
    'stack set leaky',
    'stack copy leaky other',
    'stack rename other another',
    'stack update another --label=a=b',
    'stack add-component another --artifact-store=leaky',
    'stack remove-component another --artifact-store=leaky',
    'stack yaml-schema',
    'stack export leaky leaky.yaml',
    'stack import leaky.yaml --name=imported',
    'stack plan leaky.yaml',
    'stack apply leaky.yaml',
    'stack delete another',
    'secret rekey',
    'store check',
    'store backup backup.db',
    'store restore backup.db',
    'conformance disk --type=artifact-store --path=checked --access-key={{marks.key}} --region={{marks.region}} --case=empty',
    'integration list',
    'integration describe local',
    'integration install none --dry-run',
    'completion bash',
    'schema secret get',
    'version',
  ];
}
