import { type ArtifactStore, createComponent, type JsonObject } from '@stack/core';
import type { ArtifactStoreHooks, ArtifactStoreTestOptions } from '@stack/testkit';
import { remoteArtifactStoreFlavor } from './flavor.ts';
import { expiredToken, missingRoot, RemoteServer, rightToken } from './remote-server.ts';

/** A server, and what the suite needs to run on stores of it. */
export class RemoteStores implements AsyncDisposable {
  readonly #server: RemoteServer;
  #stores = 0;

  private constructor(server: RemoteServer) {
    this.#server = server;
  }

  static async start(): Promise<RemoteStores> {
    return new RemoteStores(await RemoteServer.start());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }

  options(flavor = remoteArtifactStoreFlavor): Pick<ArtifactStoreTestOptions, 'create'> & ArtifactStoreHooks {
    const { endpoint } = this.#server;
    const open = (path: string, changes: JsonObject = {}): Promise<ArtifactStore> => {
      const retry = { attempts: 3, baseDelay: 5, maximumDelay: 20 };
      const config = { path, endpoint, token: rightToken, requestTimeout: 5000, retry, ...changes };
      return createComponent(flavor, { name: 'remote', config, settings: {} });
    };
    const connect = (path: string, through: string) => open(path, { endpoint: through, requestTimeout: 1500 });
    return {
      create: () => open(`remote://${this.#stores++}`),
      reopen: (path) => open(path),
      missingRoot: () => open(`remote://${missingRoot}`),
      network: { endpoint, connect, timeLimit: 5000 },
      denied: {
        wrong: (path) => open(path, { token: 'wrong-token-1234' }),
        expired: (path) => open(path, { token: expiredToken }),
      },
      worker: {
        module: new URL('./open-remote-store.ts', import.meta.url).href,
        export: 'openRemoteStore',
        input: { endpoint, token: rightToken },
      },
    };
  }
}
