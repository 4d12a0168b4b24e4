import { checkArtifactName, type JsonObject, type Stack, StackError } from '@stack/core';
import { recordedMetadata } from '../artifacts/artifact-metadata.ts';
import type { SaveArtifactOptions } from '../artifacts/save-artifact.ts';
import { ValueScope } from '../artifacts/value-scope.ts';
import { LineStream } from '../logs/line-stream.ts';
import { runProgram, type SpawnOptions } from '../programs/run-program.ts';

/** Writes to the log of a step. Values are formatted as `console.log` does, without colours; secrets are masked. */
export interface StepLogger {
  info(...values: readonly unknown[]): void;
  warn(...values: readonly unknown[]): void;
  error(...values: readonly unknown[]): void;
}

/** What a step's function gets as its second argument. `Output` has the names of its outputs: `output` for a single one. */
export interface StepContext<Output extends string = string> {
  readonly runId: string;
  /** Name of the step in the plan, e.g. `load-2` for the second call of `load`. */
  readonly step: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** The stack of the run: `context.stack.get('artifact-store')`. */
  readonly stack: Stack;
  /** The pipeline's parameters, parsed. */
  readonly parameters: JsonObject;
  readonly log: StepLogger;
  /**
   * A folder of its own for this attempt, on this machine, made when it is first asked for. It is removed when the step has
   * ended and its outputs are stored: what is to be kept is returned, by `fileArtifact` and `directoryArtifact`.
   */
  readonly temporaryFolder: string;
  /** Aborted when the run is cancelled. A step that takes long passes it on, or checks it now and then. */
  readonly signal: AbortSignal;
  /**
   * Runs a program to its end. What it prints goes to the log of the step, masked. Of this process' environment it gets
   * `PATH`, `HOME`, `LANG`, `LC_*`, `TZ` and `TMPDIR`, on Windows what programs need there; secrets by files or its
   * standard input, never as arguments or variables. When the run is cancelled it is sent SIGTERM, and 3 s later SIGKILL.
   *
   * @returns its standard output where `returnsOutput` asks for it, else an empty text
   * @throws ARGUMENT_INVALID for a secret among the arguments or variables
   * @throws PROGRAM_FAILED when it cannot be started, or ends with another code than 0
   * @throws ABORTED when the run is cancelled
   */
  spawn(program: string, words?: readonly string[], options?: SpawnOptions): Promise<string>;
  /**
   * Saves a value as the newest artifact of a name, beside what the step returns. It is recorded when the step completes:
   * of an attempt that fails, nothing is. A result that is taken from the cache brings it along, without its tags.
   *
   * @param name letters, digits, `.`, `_` and `-`, in parts joined by `/`
   * @throws ARGUMENT_INVALID for a name, tag or metadata that cannot be
   * @throws VALUE_NOT_SERIALIZABLE for a value that no materializer takes
   */
  saveArtifact(name: string, value: unknown, options?: SaveArtifactOptions): Promise<void>;
  /**
   * Loads an artifact of whatever run, which is recorded as an input of the step. While the reference means another one, no
   * result of this step is taken from the cache.
   *
   * @param reference an id, a name for the newest artifact of it, `NAME@3` or `NAME@TAG`
   * @throws ARTIFACT_NOT_FOUND, AMBIGUOUS, ARGUMENT_INVALID
   * @throws COMPONENT_NOT_FOUND when the artifact store that it is in cannot be opened here
   * @throws what `loadArtifact` throws
   */
  loadArtifact(reference: string): Promise<unknown>;
  /**
   * Notes what there is to know of the step, of its run or of one of its outputs, in the place of what was noted under the
   * same names. It is recorded when the step completes, masked; `stack run describe` shows it.
   *
   * @param metadata names and values, which are JSON
   * @param target default: the step
   * @throws ARGUMENT_INVALID for metadata that is not JSON, naming the fields, and for an output that there is not
   */
  logMetadata(metadata: JsonObject, target?: 'step' | 'run' | { readonly output: Output }): void;
}

/** The context of `step.run()` in a unit test: what is not given is made up, but for the stack. */
export function unitTestContext(step: string, given: Partial<StepContext>): StepContext {
  const { signal = new AbortController().signal, log = console } = given;
  const scope = new ValueScope();
  const notGiven = (what: string, name: keyof StepContext) =>
    new StackError({
      code: 'ARGUMENT_INVALID',
      message: `The step "${step}" ${what}, and run() was called without it.`,
      hint: `Give it as part of the second argument: step.run(input, { ${name} }).`,
    });
  return {
    runId: 'unit-test',
    step,
    attempt: 1,
    parameters: {},
    log,
    signal,
    spawn: (program, words = [], options = {}) =>
      runProgram(program, words, options, { signal, openLog: (level) => new LineStream((line) => log[level](line)) }),
    get temporaryFolder() {
      return scope.temporaryFolder;
    },
    saveArtifact: async (name, _value, { metadata = {} } = {}) => {
      checkArtifactName(name);
      recordedMetadata(metadata);
    },
    logMetadata: (metadata) => void recordedMetadata(metadata),
    loadArtifact: async (reference) => {
      throw notGiven(`asked for the artifact "${reference}"`, 'loadArtifact');
    },
    get stack(): Stack {
      throw notGiven('asked for the stack', 'stack');
    },
    ...given,
  };
}
