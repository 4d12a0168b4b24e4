import { median } from '../measure.ts';
import type { Figures, PipelineFigures, TypeFigures } from './figures.ts';
import { cachedSteps } from './project.ts';
import { itemCounts, type WorkloadName } from './workloads.ts';

/** What was to be reached, and what was. */
export interface GoalResult {
  readonly what: string;
  /** At most so much. */
  readonly limit: number;
  readonly measured: number;
  readonly unit: 'ms' | 'MB' | 'times';
}

/** Bytes that the process may hold for many items, beyond what it holds for few: less than 20 kB for each further one. */
const memoryLimit = 180;

export function isMet({ limit, measured }: GoalResult): boolean {
  return measured <= limit;
}

/** What the figures say of the goals. */
export function goalResults({ pipelines, types }: Figures): GoalResult[] {
  return [
    ...(pipelines === undefined ? [] : pipelineGoals(pipelines)),
    ...(types === undefined ? [] : [typeGoal(types)]),
  ];
}

/** Milliseconds of a type-check beyond that of a project without a pipeline: the middle one of the rounds. */
function checkTime({ times }: TypeFigures, project: 'ours' | 'Mastra'): number {
  return median(times[project].map((time, round) => time - (times[`${project}, empty`][round] ?? Number.NaN)));
}

function pipelineGoals({ workloads, memory, cached }: PipelineFigures): GoalResult[] {
  const stepTime = (name: WorkloadName) => median(workloads[name]?.times.ours ?? []);
  const shapes = ['chain', 'fan-out'] as const;
  const sizes = ['50', '800', '5,000'] as const;
  return [
    ...shapes.flatMap((shape) =>
      sizes.map((size): GoalResult => {
        const measured = stepTime(`${shape} of ${size}`);
        return { what: `a step of a ${shape} of ${size}`, limit: 0.5, measured, unit: 'ms' };
      }),
    ),
    ...shapes.map((shape): GoalResult => {
      const measured = stepTime(`${shape} of 5,000`) / stepTime(`${shape} of 50`);
      return { what: `a step of a ${shape} of 5,000, beside one of 50`, limit: 1.3, measured, unit: 'times' };
    }),
    {
      what: `memory of ${itemCounts.many.toLocaleString('en-US')} items, beyond that of ${itemCounts.few.toLocaleString('en-US')}`,
      limit: memoryLimit,
      measured: (memory.many - memory.few) / 1e6,
      unit: 'MB',
    },
    {
      what: `${cachedSteps} cached steps, the first run of a process`,
      limit: 150,
      measured: median(cached.first),
      unit: 'ms',
    },
    { what: `${cachedSteps} cached steps, the second run`, limit: 150, measured: median(cached.second), unit: 'ms' },
    { what: `${cachedSteps} cached steps, by the command`, limit: 300, measured: median(cached.command), unit: 'ms' },
  ];
}

function typeGoal(types: TypeFigures): GoalResult {
  const measured = checkTime(types, 'ours') / checkTime(types, 'Mastra');
  return { what: 'type-check of 50 steps, beside Mastra', limit: 0.5, measured, unit: 'times' };
}
