import { join } from 'node:path';
import { answersHttp, findFreePort, makeServerFolder, ServerProcess } from '../../backends/server-process.ts';
import type { EnginePlace } from './benched-engine.ts';
import { rivalPackages } from './rival-packages.ts';

/** The server of Restate, as it is by default but for its ports and what it tells its makers. */
export async function startRestate(): Promise<AsyncDisposable & Required<EnginePlace>> {
  const folder = await makeServerFolder('restate', undefined);
  const [port, ingress, admin] = [await findFreePort(), await findFreePort(), await findFreePort()];
  const adminUrl = `http://127.0.0.1:${admin}`;
  const platform = `restate-server-${process.platform}-${process.arch}`;
  const server = await ServerProcess.start({
    name: 'Restate',
    command: join(rivalPackages.folder, 'node_modules/@restatedev', platform, 'bin/restate-server'),
    arguments: ['--no-logo', '--listen-mode=tcp', `--base-dir=${folder}`, '--node-name=bench'],
    environment: {
      RESTATE_BIND_IP: '127.0.0.1',
      RESTATE_BIND_PORT: `${port}`,
      RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
      RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
      RESTATE_DISABLE_TELEMETRY: 'true',
      DO_NOT_TRACK: '1',
    },
    endSignal: 'SIGTERM',
    folder,
    isReady: () => answersHttp(`${adminUrl}/health`, 200),
  });
  return {
    folder,
    url: `http://127.0.0.1:${ingress}`,
    adminUrl,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
