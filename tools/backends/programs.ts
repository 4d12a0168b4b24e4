import { spawnSync } from 'node:child_process';
import type { Requirement } from './backend.ts';
import { installDebianPackages } from './debian-packages.ts';

const debianPackages = { bash: 'bash', fish: 'fish', rclone: 'rclone', script: 'bsdutils', zsh: 'zsh' };

/** Programs that tests and benchmarks call. Each tells its version. */
export function requiredPrograms(...names: readonly (keyof typeof debianPackages)[]): Requirement {
  return {
    name: names.join(' and '),
    install: () => installDebianPackages(...names.map((name) => debianPackages[name])),
    findObstacle() {
      const missing = names.filter((name) => spawnSync(name, ['--version']).status !== 0);
      return missing.length === 0 ? undefined : `there is no ${missing.join(' and no ')}`;
    },
  };
}
