// node secret-store-process.ts SURROUNDINGS TASK NAME: what a test lets another process do, until it is ended.
import { setTimeout as delay } from 'node:timers/promises';
import { openSecretStore, type Surroundings } from './open-secret-store.ts';

const [given = '', task = '', name = ''] = process.argv.slice(2);
const { store } = await openSecretStore(JSON.parse(given) as Surroundings);

/** The value that a secret is to have: whoever reads it knows it by the name. */
const secretValue = (secret: string) => `the value of ${secret}`;

/** One line for each thing that was done: what is printed has to hold. */
function report(text: string): void {
  process.stdout.write(`${text}\n`);
}

const tasks: Readonly<Record<string, () => Promise<void>>> = {
  /** Writes one secret. */
  create: async () => {
    await store.create(name, { key: secretValue(name) });
    report(name);
    process.exit();
  },
  /** Writes secrets, and changes one that others change too. */
  write: async () => {
    for (let count = 0; ; count++) {
      await delay(20);
      const secret = `${name}_${count}`;
      await store.create(secret, { key: secretValue(secret) });
      report(secret);
      await store.update('shared', { set: { [secret]: secretValue(`shared ${secret}`) } });
      report(`shared ${secret}`);
      if (count % 5 === 4) await store.update('shared', { remove: [secret] });
      if (count % 5 === 4) report(`removed ${secret}`);
    }
  },
  read: async () => {
    for (;;) {
      const summaries = await store.list();
      const found = await store.getMany(summaries.map((summary) => summary.name));
      for (const [secret, { values }] of found) {
        if (secret !== 'shared' && values.key?.reveal() !== secretValue(secret)) throw new Error(`${secret} is wrong`);
      }
      report(String(found.size));
    }
  },
  rekey: async () => {
    report('begins');
    for (;;) {
      const { key } = await store.rekey();
      report(key ?? '');
    }
  },
};

await tasks[task]?.();
