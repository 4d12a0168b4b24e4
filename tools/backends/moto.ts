import { join } from 'node:path';
import type { Backend } from './backend.ts';
import { pythonPackages } from './python-packages.ts';
import { answersHttp, findFreePort, makeServerFolder, ServerProcess } from './server-process.ts';

/** An account of AWS with two users and a role. Signatures are checked, and who may do what. */
export interface MotoServer extends AsyncDisposable {
  readonly endpoint: string;
  readonly region: string;
  /** May use Secrets Manager, and take the role. */
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** May use Secrets Manager. */
  readonly roleArn: string;
  /** May do nothing. */
  readonly stranger: AccessKey;
}

interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const installation = pythonPackages('moto', join(import.meta.dirname, 'moto-requirements.txt'));

const region = 'us-east-1';

/** moto, an emulator of the services of AWS: here Secrets Manager and STS. */
export const moto: Backend<MotoServer> = {
  name: 'moto',
  findObstacle: installation.findObstacle,
  install: installation.install,

  async start() {
    const folder = await makeServerFolder('moto', undefined);
    const port = await findFreePort();
    const endpoint = `http://127.0.0.1:${port}`;
    const server = await ServerProcess.start({
      name: 'moto',
      command: installation.program,
      arguments: ['-m', 'moto.server', '--host', '127.0.0.1', '--port', `${port}`],
      endSignal: 'SIGTERM',
      folder,
      isReady: () => answersHttp(`${endpoint}/moto-api/`, 200),
    });
    const secrets = policy('secretsmanager:*');
    const user = await createUser(endpoint, 'user', policy('secretsmanager:*', 'sts:AssumeRole'));
    const stranger = await createUser(endpoint, 'stranger', undefined);
    const roleArn = await createRole(endpoint, 'role', secrets);
    // From now on, it checks every request.
    await fetch(`${endpoint}/moto-api/reset-auth`, { method: 'POST', body: '0' });
    return {
      endpoint,
      region,
      ...user,
      roleArn,
      stranger,
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
};

async function createUser(endpoint: string, UserName: string, PolicyDocument: string | undefined): Promise<AccessKey> {
  await askIam(endpoint, { Action: 'CreateUser', UserName });
  if (PolicyDocument !== undefined) {
    await askIam(endpoint, { Action: 'PutUserPolicy', UserName, PolicyName: 'policy', PolicyDocument });
  }
  const answer = await askIam(endpoint, { Action: 'CreateAccessKey', UserName });
  return { accessKeyId: element(answer, 'AccessKeyId'), secretAccessKey: element(answer, 'SecretAccessKey') };
}

async function createRole(endpoint: string, RoleName: string, PolicyDocument: string): Promise<string> {
  const AssumeRolePolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' }],
  });
  const answer = await askIam(endpoint, { Action: 'CreateRole', RoleName, AssumeRolePolicyDocument });
  await askIam(endpoint, { Action: 'PutRolePolicy', RoleName, PolicyName: 'policy', PolicyDocument });
  return element(answer, 'Arn');
}

function policy(...Action: readonly string[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] });
}

/** The XML that IAM answers. Before signatures are checked, one is only needed to tell the service that is meant. */
async function askIam(endpoint: string, parameters: Readonly<Record<string, string>>): Promise<string> {
  const credential = `Credential=nobody/20260101/${region}/iam/aws4_request`;
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=host, Signature=none` },
    body: new URLSearchParams(parameters),
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`moto refused ${parameters.Action}: ${answer}`);
  return answer;
}

function element(xml: string, name: string): string {
  const text = xml.match(`<${name}>(.*?)</${name}>`)?.[1];
  if (text === undefined) throw new Error(`There is no ${name} in: ${xml}`);
  return text;
}
