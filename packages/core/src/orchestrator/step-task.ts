import type { ArtifactStore } from '../artifact-store/artifact-store.ts';
import type { JsonValue } from '../json.ts';
import type { Stack } from '../stack/stack.ts';
import type { PipelineSource } from './plan.ts';
import type { ArtifactRecord, RecordedError, RunStore } from './run-store.ts';

/** How the program is started that runs one attempt of a step in a process of its own. */
export interface StepProgram {
  /** The program and its arguments, on this machine. */
  readonly command: readonly [program: string, ...words: string[]];
  /** Tells it which project to open. */
  readonly project: JsonValue;
}

/**
 * One attempt of a step, for a program. The program reads the order, one line, from its standard input, which is held
 * open for as long as whoever started it lives, and ends when it is closed. It writes messages, one `StepMessage` a line, and
 * prints what it likes: messages to its file descriptor 3, or, where the variable `STACK_STEP_MESSAGES` is `stdout`, to its
 * standard output too, from which `StepOutput` takes them. That is for containers and clusters, which hand on no other
 * descriptors. There the project and the program have to be at the same paths, and the stores within reach. SIGTERM tells it to stop. It ends with 0 when it has said how the
 * attempt ended, whichever way. Before it ends it removes the folder that the variable `STACK_STEP_FOLDER` names, where there is
 * one, that of its temporary files: whoever started it may be gone.
 */
export interface StepTask {
  readonly command: StepProgram['command'];
  /** It may hold secrets: it is for the standard input of the program, and for no command line, variable or disk. */
  readonly order: string;
}

export interface TaskOptions {
  /** Stops the program when aborted. */
  readonly signal: AbortSignal;
  /** Gets each message of the program. */
  readonly onMessage: (line: string) => void;
  readonly onOutput: (stream: 'stdout' | 'stderr', chunk: Uint8Array) => void;
}

/** Runs attempts of steps elsewhere than in this process: what an orchestrator gives the executor of a step. */
export interface StepHost {
  /**
   * Runs a program to its end, and resolves when it ended with 0, all that it wrote was told, and nothing that it started
   * runs any more. It need not react when it is told to stop: then it is ended. What it left in the folder for temporary files
   * is gone then, however it ended.
   *
   * @throws STEP_PROCESS_ENDED when it cannot be started, or ended otherwise, saying how
   * @throws STEP_MEMORY_EXCEEDED when it took more memory than it may
   * @throws TIMEOUT when it took longer than it may here
   */
  runTask(task: StepTask, options: TaskOptions): Promise<void>;
}

/** What the program of a step is told, as JSON. */
export interface StepOrder {
  /** Which project to open. */
  readonly project: JsonValue;
  readonly source: PipelineSource;
  /** Name of the stack. */
  readonly stack: string;
  /** For the pipeline: `runStep`. */
  readonly attempt: JsonValue;
}

/** What the program of a step says, as JSON. */
export type StepMessage =
  /** The attempt begins: all that it needs is there. */
  | { readonly type: 'started' }
  /** A line of the step's log. */
  | { readonly type: 'line'; readonly level: 'info' | 'warn' | 'error'; readonly text: string }
  /** How the attempt ended, as the engine writes it. */
  | { readonly type: 'ended'; readonly result: string }
  /** The attempt cannot begin, or cannot end. */
  | { readonly type: 'failed'; readonly error: RecordedError };

/** What the program of a step has that it hands to the pipeline. */
export interface StepPlace {
  readonly stack: Stack;
  readonly runStore: RunStore;
  /** Opens the artifact store that an artifact is in, where the stack has another one. Default: nobody can. */
  readonly openArtifactStore?: ((artifact: ArtifactRecord) => Promise<ArtifactStore>) | undefined;
  /** Aborted when the attempt is to stop. */
  readonly signal: AbortSignal;
  readonly send: (message: StepMessage) => void;
}

/** A pipeline, as the program of a step sees it. */
export interface StepRunner {
  /**
   * Runs one attempt of a step for the process that holds the run and records how the attempt ended.
   *
   * @param attempt that of the order
   */
  runStep(attempt: JsonValue, place: StepPlace): Promise<void>;
}
