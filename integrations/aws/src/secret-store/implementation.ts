import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type DescribeSecretResponse,
  SecretsManager,
  type SecretsManagerClientConfig,
  type SecretValueEntry,
} from '@aws-sdk/client-secrets-manager';
import {
  type ErrorCode,
  type ProbeResult,
  type SecretContent,
  type SecretEdit,
  type SecretOptions,
  type SecretScope,
  SecretStore,
  type SecretSummary,
  StackError,
  unhealthy,
} from '@stack/core';
import { awsClientOptions } from '../connection/aws-client-options.ts';
import { awsErrorCode } from '../connection/aws-error-code.ts';
import type { AwsSecretStoreConfig } from './config.ts';
import { textOf, valuesOfText, withValues } from './secret-text.ts';

/** How many secrets one request can ask for. */
const batchSize = 20;
/** How often a change is tried again after another was faster, or a name that is free is still being cleared. */
const maximumAttempts = 50;
/** In milliseconds. */
const longestPause = 1000;

/** The current version of a secret. */
interface CurrentVersion {
  readonly text: string;
  /** Identifies the version. */
  readonly id: string;
  readonly createdAt: Date | undefined;
}

/** What the SDK takes with each request. */
type RequestOptions = { readonly abortSignal?: AbortSignal };

/** What reading one of several secrets came to. Nothing for one that is not there. */
type Reading = { readonly name: string } & ({ readonly version: CurrentVersion } | { readonly error: unknown });

/**
 * Secrets in AWS Secrets Manager: one there for each here, named `<prefix><name>`, whose text is a JSON object of the
 * values by key. Requests are tried again by the SDK.
 *
 * A deleted secret stays for the recovery window, unseen. Creating one of its name restores it with the new values, so
 * that the old ones are a version of it.
 */
export default class AwsSecretStore extends SecretStore<AwsSecretStoreConfig> {
  #connecting: Promise<SecretsManager> | undefined;
  /** Whether the credentials may read several secrets at once, as far as is known. */
  #mayBatch = true;

  override async probe(): Promise<ProbeResult> {
    try {
      const client = await this.#connect();
      await client.listSecrets({ ...this.#filter(), MaxResults: 1 });
      return { healthy: true, message: `Secrets Manager lists what begins with "${this.config.prefix}".` };
    } catch (error) {
      return unhealthy(error);
    }
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    const client = await this.#connecting?.catch(() => undefined);
    client?.destroy();
  }

  protected override async doGet(
    names: readonly string[],
    scope: SecretScope,
    { signal }: SecretOptions,
  ): Promise<readonly SecretContent[]> {
    const readings = await this.#readAll(names, requestOptions(signal));
    return readings.map((reading) => {
      if ('error' in reading) throw reading.error;
      const { name, version } = reading;
      return { name, scope, values: valuesOfText(version.text), updatedAt: version.createdAt };
    });
  }

  protected override async doList(scope: SecretScope, { signal }: SecretOptions): Promise<readonly SecretSummary[]> {
    const request = requestOptions(signal);
    const client = await this.#connect();
    const names: string[] = [];
    for (let token: string | undefined, more = true; more; more = token !== undefined) {
      const page = await client.listSecrets({ ...this.#filter(), NextToken: token }, request);
      token = page.NextToken || undefined;
      const ids = (page.SecretList ?? []).map(({ Name = '' }) => Name);
      names.push(...ids.filter((id) => id.startsWith(this.config.prefix)).map((id) => this.#nameOf(id)));
    }
    // AWS knows nothing of keys, so that the values have to be opened for theirs.
    const readings = await this.#readAll(names, request);
    // One that cannot be read is listed too, since it can be deleted.
    return readings.map((reading) =>
      'error' in reading ? { name: reading.name, scope, keys: [] } : summaryOf(reading.name, scope, reading.version),
    );
  }

  protected override async doCreate(
    name: string,
    values: Readonly<Record<string, string>>,
    scope: SecretScope,
    { signal }: SecretOptions,
  ): Promise<SecretSummary> {
    const request = requestOptions(signal);
    await this.#create(name, textOf(values), scope, request);
    return this.#summary(name, scope, values, request);
  }

  protected override async doUpdate(
    name: string,
    edit: SecretEdit,
    scope: SecretScope,
    { signal }: SecretOptions,
  ): Promise<SecretSummary | undefined> {
    const request = requestOptions(signal);
    let values: Readonly<Record<string, string>> = {};
    const wasThere = await this.#change(name, request, (text) => {
      values = edit(valuesOfText(text));
      return withValues(text, values);
    });
    return wasThere ? this.#summary(name, scope, values, request) : undefined;
  }

  protected override async doRename(
    name: string,
    newName: string,
    scope: SecretScope,
    { signal }: SecretOptions,
  ): Promise<SecretSummary | undefined> {
    const request = requestOptions(signal);
    let version = await this.#read(name, request);
    if (version === undefined) return undefined;
    await this.#create(newName, version.text, scope, request);
    // What is marked as deleted cannot change any more. So a change of the old one is found, and taken along.
    while (await this.#markDeleted(name, request)) {
      if (currentVersionOf(await this.#describe(name, request)) === version.id) {
        await this.#purge(name, request);
        return this.#summary(newName, scope, valuesOfText(version.text), request);
      }
      const client = await this.#connect();
      await client.restoreSecret({ SecretId: this.#idOf(name) }, request);
      const changed: CurrentVersion = (await this.#read(name, request)) ?? version;
      await this.#change(newName, request, () => changed.text);
      version = changed;
    }
    // Someone else deleted or renamed it meanwhile.
    await this.doDelete(newName, scope, { signal });
    return undefined;
  }

  protected override async doDelete(
    name: string,
    _scope: SecretScope,
    { signal }: Pick<SecretOptions, 'signal'>,
  ): Promise<boolean> {
    // Deleting by force does not tell whether there was one; marking does, and to one of several that do so.
    const request = requestOptions(signal);
    const wasThere = await this.#markDeleted(name, request);
    if (wasThere) await this.#purge(name, request);
    return wasThere;
  }

  protected override mapError(error: unknown): ErrorCode | undefined {
    return awsErrorCode(error);
  }

  /** What is known of a secret that was written just now with some values. */
  async #summary(
    name: string,
    scope: SecretScope,
    values: Readonly<Record<string, string>>,
    request: RequestOptions,
  ): Promise<SecretSummary> {
    // AWS alone knows the time. The secret is written, whether or not the credentials may read it too.
    const version = await this.#read(name, request).catch(() => undefined);
    return version === undefined ? { name, scope, keys: Object.keys(values) } : summaryOf(name, scope, version);
  }

  async #create(name: string, text: string, scope: SecretScope, request: RequestOptions): Promise<void> {
    const client = await this.#connect();
    const { kmsKeyId, tags = {} } = this.config;
    for (let attempt = 1; ; attempt++) {
      try {
        await client.createSecret(
          {
            Name: this.#idOf(name),
            SecretString: text,
            KmsKeyId: kmsKeyId,
            Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
          },
          request,
        );
        return;
      } catch (error) {
        if (!isNamed(error, 'ResourceExistsException', 'InvalidRequestException')) throw error;
        const present = await this.#describe(name, request);
        if (present !== undefined) {
          if (present.DeletedDate === undefined) throw this.alreadyExists(name, scope, error);
          if (await this.#revive(name, text, present, request)) return;
          throw this.alreadyExists(name, scope, error);
        }
        // One that was deleted by force blocks its name for a moment.
        if (attempt === maximumAttempts) throw error;
        await pause(attempt, request);
      }
    }
  }

  /** Restores a deleted secret with another text; whether nobody else was faster. */
  async #revive(
    name: string,
    text: string,
    deleted: DescribeSecretResponse,
    request: RequestOptions,
  ): Promise<boolean> {
    const client = await this.#connect();
    await client.restoreSecret({ SecretId: this.#idOf(name) }, request);
    return this.#succeed(name, text, currentVersionOf(deleted), 0, request);
  }

  /** Computes the text of a secret from its text, again when another change was faster; whether there is the secret. */
  async #change(name: string, request: RequestOptions, edit: (text: string) => string): Promise<boolean> {
    let lastId: string | undefined;
    let timesSeen = 0;
    for (let attempt = 1; attempt <= maximumAttempts; attempt++) {
      const version = await this.#read(name, request);
      if (version === undefined) return false;
      timesSeen = version.id === lastId ? timesSeen + 1 : 0;
      lastId = version.id;
      if (await this.#succeed(name, edit(version.text), version.id, timesSeen, request)) return true;
      await pause(attempt, request);
    }
    throw new StackError({
      code: 'UNAVAILABLE',
      message: `The secret "${name}" in the ${this} was changed by others ${maximumAttempts} times while it was to be changed.`,
    });
  }

  /**
   * Makes a text the current version, unless another version has become that meanwhile; whether it did.
   *
   * Secrets Manager has no conditional write, but it takes each version id once for one text. So the id of a version
   * is computed from the one before: of several that succeed it, one is taken.
   *
   * @param turn how often the version was seen to have a successor, and to be current nonetheless: someone made it so
   */
  async #succeed(
    name: string,
    text: string,
    previousId: string | undefined,
    turn: number,
    request: RequestOptions,
  ): Promise<boolean> {
    const client = await this.#connect();
    const id = createHash('sha256').update(`${previousId}/${turn}`).digest('hex');
    try {
      const { VersionStages: stages = [] } = await client.putSecretValue(
        { SecretId: this.#idOf(name), SecretString: text, ClientRequestToken: id },
        request,
      );
      // Asked for a version that there is, with the same text, AWS does nothing.
      return stages.includes(currentStage);
    } catch (error) {
      if (isNamed(error, 'ResourceExistsException', 'ResourceNotFoundException')) return false;
      if (isNamed(error, 'InvalidRequestException') && (await this.#isDeleted(name, request))) return false;
      throw error;
    }
  }

  /** Schedules the deletion of a secret; whether there was one that was not scheduled. */
  async #markDeleted(name: string, request: RequestOptions): Promise<boolean> {
    const client = await this.#connect();
    try {
      await client.deleteSecret(
        { SecretId: this.#idOf(name), RecoveryWindowInDays: this.config.recoveryWindowInDays },
        request,
      );
      return true;
    } catch (error) {
      if (isNamed(error, 'ResourceNotFoundException')) return false;
      if (isNamed(error, 'InvalidRequestException') && (await this.#isDeleted(name, request))) return false;
      throw error;
    }
  }

  /** Removes a secret that is marked as deleted for good, where that is wanted. */
  async #purge(name: string, request: RequestOptions): Promise<void> {
    if (!this.config.forceDeleteWithoutRecovery) return;
    const client = await this.#connect();
    await client.deleteSecret({ SecretId: this.#idOf(name), ForceDeleteWithoutRecovery: true }, request);
  }

  async #isDeleted(name: string, request: RequestOptions): Promise<boolean> {
    const present = await this.#describe(name, request);
    return present === undefined || present.DeletedDate !== undefined;
  }

  async #describe(name: string, request: RequestOptions): Promise<DescribeSecretResponse | undefined> {
    const client = await this.#connect();
    return client
      .describeSecret({ SecretId: this.#idOf(name) }, request)
      .catch((error: unknown) => undefinedWhen(error, 'ResourceNotFoundException'));
  }

  async #readAll(names: readonly string[], request: RequestOptions): Promise<readonly Reading[]> {
    const readings: Reading[] = [];
    for (let start = 0; start < names.length; start += batchSize) {
      const batch = names.slice(start, start + batchSize);
      readings.push(...((await this.#readBatch(batch, request)) ?? (await this.#readEach(batch, request))));
    }
    return readings;
  }

  /** `undefined` when the credentials may not read several secrets at once. */
  async #readBatch(names: readonly string[], request: RequestOptions): Promise<readonly Reading[] | undefined> {
    if (names.length === 1 || !this.#mayBatch) return undefined;
    const client = await this.#connect();
    const ids = names.map((name) => this.#idOf(name));
    const readings: Reading[] = [];
    try {
      for (let token: string | undefined, more = true; more; more = token !== undefined) {
        const page = await client.batchGetSecretValue({ SecretIdList: ids, NextToken: token }, request);
        token = page.NextToken || undefined;
        for (const entry of page.SecretValues ?? []) readings.push(this.#reading(this.#nameOf(entry.Name), entry));
        for (const { SecretId, ErrorCode: code = '', Message: message = '' } of page.Errors ?? []) {
          if (isMissing(code)) continue;
          const error = Object.assign(new Error(`${SecretId}: ${message}`), { name: code });
          readings.push({ name: this.#nameOf(SecretId), error });
        }
      }
      return readings;
    } catch (error) {
      if (!isNamed(error, 'AccessDeniedException')) throw error;
      this.#mayBatch = false;
      return undefined;
    }
  }

  async #readEach(names: readonly string[], request: RequestOptions): Promise<readonly Reading[]> {
    const readings = await Promise.all(
      names.map(async (name): Promise<Reading | undefined> => {
        try {
          const version = await this.#read(name, request);
          return version === undefined ? undefined : { name, version };
        } catch (error) {
          return { name, error };
        }
      }),
    );
    return readings.filter((reading) => reading !== undefined);
  }

  async #read(name: string, request: RequestOptions): Promise<CurrentVersion | undefined> {
    const client = await this.#connect();
    try {
      const entry = await client.getSecretValue({ SecretId: this.#idOf(name) }, request);
      return this.#versionOf(name, entry);
    } catch (error) {
      if (error instanceof Error && isMissing(error.name)) return undefined;
      throw error;
    }
  }

  #reading(name: string, entry: SecretValueEntry): Reading {
    try {
      return { name, version: this.#versionOf(name, entry) };
    } catch (error) {
      return { name, error };
    }
  }

  #versionOf(name: string, { SecretString, VersionId = '', CreatedDate }: SecretValueEntry): CurrentVersion {
    if (SecretString !== undefined) return { text: SecretString, id: VersionId, createdAt: CreatedDate };
    throw new StackError({
      code: 'CAPABILITY_UNSUPPORTED',
      message: `The secret "${name}" in the ${this} holds bytes, and no text.`,
      hint: 'Put it into a secret with a text, such as its Base64.',
    });
  }

  #idOf(name: string): string {
    return `${this.config.prefix}${name}`;
  }

  #nameOf(id = ''): string {
    return id.slice(this.config.prefix.length);
  }

  #filter() {
    return this.config.prefix === '' ? {} : { Filters: [{ Key: 'name' as const, Values: [this.config.prefix] }] };
  }

  async #connect(): Promise<SecretsManager> {
    const { connectionTimeout, requestTimeout, maxAttempts } = this.config;
    const { requestHandler } = this.overrides as Pick<SecretsManagerClientConfig, 'requestHandler'>;
    this.#connecting ??= awsClientOptions(this.config).then(
      (options) =>
        new SecretsManager({
          ...options,
          maxAttempts,
          requestHandler: requestHandler ?? { connectionTimeout, requestTimeout, throwOnRequestTimeout: true },
        }),
    );
    return this.#connecting;
  }
}

/** The label of the version that readers get. */
const currentStage = 'AWSCURRENT';

function summaryOf(name: string, scope: SecretScope, { text, createdAt }: CurrentVersion): SecretSummary {
  return { name, scope, keys: Object.keys(valuesOfText(text)), updatedAt: createdAt };
}

function currentVersionOf(secret: DescribeSecretResponse | undefined): string | undefined {
  const versions = Object.entries(secret?.VersionIdsToStages ?? {});
  return versions.find(([, stages]) => stages.includes(currentStage))?.[0];
}

/** Whether a read failed because there is no such secret, or it is deleted and can still be restored. */
function isMissing(errorName: string): boolean {
  return errorName === 'ResourceNotFoundException' || errorName === 'InvalidRequestException';
}

function isNamed(error: unknown, ...names: readonly string[]): boolean {
  return error instanceof Error && names.includes(error.name);
}

function undefinedWhen(error: unknown, name: string): undefined {
  if (!isNamed(error, name)) throw error;
}

function requestOptions(signal: AbortSignal | undefined): RequestOptions {
  return signal === undefined ? {} : { abortSignal: signal };
}

/** A moment that is another for each, so that those who met do not meet again. */
async function pause(attempt: number, { abortSignal }: RequestOptions): Promise<void> {
  await sleep(Math.random() * Math.min(50 * attempt, longestPause), undefined, abortSignal && { signal: abortSignal });
}
