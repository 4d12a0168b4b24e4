import type { Backend } from './backend.ts';
import { goProgram } from './go-program.ts';
import { answersHttp, findFreePort, makeServerFolder, ServerProcess } from './server-process.ts';

/** A server of the JSON API of Google Cloud Storage, which takes any credentials and none. */
export interface GcsServer extends AsyncDisposable {
  /** The `apiEndpoint` of clients. */
  readonly endpoint: string;
  readonly projectId: string;
  /** One that is there, and empty. */
  readonly bucket: string;
}

// It looks through all objects of a bucket at each request, and formats the names of each to compare them: 10,000 writes
// took two minutes. What is compared is the same.
const objects = 'internal/backend/memory.go';
// It hashes all that it has of an object again at each chunk of it, and uses only what it has hashed at the last one.
const uploads = 'fakestorage/upload.go';
const hashing = `
	obj.Crc32c = checksum.EncodedCrc32cChecksum(obj.Content)
	obj.Md5Hash = checksum.EncodedMd5Hash(obj.Content)
	obj.Etag = obj.Md5Hash`;
const afterHashing = '\n\tcontentTypeHeader := r.Header.Get(contentTypeHeader)\n\tif contentTypeHeader != ""';
const commit = '\n\tif commit {\n\t\tif err := checkDeclaredChecksums(';
const installation = goProgram(
  'github.com/fsouza/fake-gcs-server',
  'v1.56.1',
  { file: objects, text: 'obj.IDNoGen() == o.IDNoGen()', replacement: 'obj.Name == o.Name' },
  { file: objects, text: 'obj.ID() == o.ID()', replacement: 'obj.Name == o.Name && obj.Generation == o.Generation' },
  { file: uploads, text: `${hashing}${afterHashing}`, replacement: afterHashing },
  { file: uploads, text: commit, replacement: commit.replace('{', `{${hashing}`) },
);

const projectId = 'stack-test';
const bucket = 'stack-test';

/** What it gets right and what not, compared with the others that there are: README.md. */
export const fakeGcsServer: Backend<GcsServer> = {
  name: 'fake-gcs-server',
  findObstacle: installation.findObstacle,
  install: installation.install,

  async start() {
    const folder = await makeServerFolder('fake-gcs-server', undefined);
    const port = await findFreePort();
    const endpoint = `http://127.0.0.1:${port}`;
    const options = {
      scheme: 'http',
      host: '127.0.0.1',
      port: `${port}`,
      // Files could not hold each key, nor a key that is also the beginning of others.
      backend: 'memory',
      // Without the port, so that a proxy with another one can stand before it.
      'public-host': '127.0.0.1',
      'external-url': endpoint,
      'log-level': 'error',
    };
    const server = await ServerProcess.start({
      name: 'fake-gcs-server',
      command: installation.program,
      arguments: Object.entries(options).map(([name, value]) => `-${name}=${value}`),
      endSignal: 'SIGTERM',
      folder,
      isReady: () => answersHttp(`${endpoint}/_internal/healthcheck`, 200),
    });
    await fetch(`${endpoint}/storage/v1/b?project=${projectId}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: bucket }),
    });
    return { endpoint, projectId, bucket, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
  },
};
