import { StackError } from '../errors/index.ts';
import type { JsonObject } from '../json.ts';
import type { SettingsSource } from '../settings/settings-source.ts';

const brand: unique symbol = Symbol.for('@stack/component') as never;

/** What a component is made from. `createComponent` builds it; a flavor's class only passes it on to `super`. */
export interface ComponentContext<Config extends object = object, Settings extends object = object> {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  /** Name of the flavor. */
  readonly flavor: string;
  readonly config: Config;
  readonly settings: Settings;
  /** Default: the component takes no settings from a run. */
  readonly settingsSource?: SettingsSource<Settings>;
  readonly labels: Readonly<Record<string, string>>;
  /** Folder that relative paths in the config are relative to: the project's root, else the working directory. */
  readonly baseDirectory: string;
  /** What is only code, such as an HTTP agent or a client: given to `createComponent`, never stored. */
  readonly overrides: Readonly<Record<string, unknown>>;
  /** Those of its flavor. Default: none. */
  readonly capabilities?: readonly string[];
}

/** One step of one run, as a component sees it. */
export interface StepRunInfo<Settings extends object = object> {
  readonly runId: string;
  readonly pipeline: string;
  readonly step: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** The component's settings for this step: its own, and over them those of the pipeline, the run and the step. */
  readonly settings: Settings;
}

/** One run of a pipeline, as a component sees it. */
export interface PipelineRunInfo<Settings extends object = object> {
  readonly runId: string;
  readonly pipeline: string;
  /** The component's settings for this run: its own, and over them those of the pipeline and the run. */
  readonly settings: Settings;
}

/** The answer of a component to the question whether it works now. */
export interface ProbeResult {
  readonly healthy: boolean;
  /** What was found, for people. */
  readonly message: string;
  /** What to do, where it is not healthy. */
  readonly hint?: string | undefined;
}

/** The result of a probe that met an error. */
export function unhealthy(error: unknown): ProbeResult {
  const message = error instanceof Error ? error.message : String(error);
  return { healthy: false, message, hint: StackError.is(error) ? error.hint : undefined };
}

/**
 * The implementation of a component. Its type's base class, such as `ArtifactStore`, is the contract; a flavor
 * extends that.
 *
 * A constructor does no I/O: clients are made on first use. All hooks do nothing unless a flavor overrides them.
 */
export abstract class StackComponent<Config extends object = object, Settings extends object = object>
  implements AsyncDisposable
{
  readonly [brand] = true;
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly flavor: string;
  /** The config, parsed, its secrets resolved. Frozen. */
  readonly config: Config;
  /** The settings that hold unless a run overrides them: in a run, hooks get its own. Frozen. */
  readonly settings: Settings;
  readonly settingsSource: SettingsSource<Settings> | undefined;
  readonly labels: Readonly<Record<string, string>>;
  protected readonly baseDirectory: string;
  protected readonly overrides: Readonly<Record<string, unknown>>;
  readonly #capabilities: ReadonlySet<string>;

  constructor(context: ComponentContext<Config, Settings>) {
    this.id = context.id;
    this.name = context.name;
    this.type = context.type;
    this.flavor = context.flavor;
    this.config = context.config;
    this.settings = context.settings;
    this.settingsSource = context.settingsSource;
    this.labels = context.labels;
    this.baseDirectory = context.baseDirectory;
    this.overrides = context.overrides;
    this.#capabilities = new Set(context.capabilities);
  }

  /** Whether a value is a component, of any copy of this package. */
  static is(value: unknown): value is AnyComponent {
    return typeof value === 'object' && value !== null && brand in value;
  }

  /** Whether its flavor declares that its components can do this beyond their contract. */
  hasCapability(capability: string): boolean {
    return this.#capabilities.has(capability);
  }

  /** Called before each attempt of a step. An error fails the attempt. */
  async prepareStepRun(_info: StepRunInfo<Settings>): Promise<void> {}

  /** Called after each attempt of a step; what it returns is kept with the step run. An error is only recorded. */
  async getStepRunMetadata(_info: StepRunInfo<Settings>): Promise<JsonObject> {
    return {};
  }

  /** Called when a run starts; what it returns is kept with the run. An error is only recorded. */
  async getPipelineRunMetadata(_run: PipelineRunInfo<Settings>): Promise<JsonObject> {
    return {};
  }

  /** Called after each attempt of a step, whatever its end. */
  async cleanupStepRun(_info: StepRunInfo<Settings>, _outcome: { readonly failed: boolean }): Promise<void> {}

  /** Asks the system behind the component whether it works now. This is the one method meant for health checks. */
  async probe(): Promise<ProbeResult> {
    throw new StackError({
      code: 'CAPABILITY_UNSUPPORTED',
      message: `The flavor ${this.type}/${this.flavor} has no live check.`,
    });
  }

  /** Closes what the component opened. Called once, by the stack or application that owns it. */
  async [Symbol.asyncDispose](): Promise<void> {}

  /** How messages name this component: `artifact-store "prod" (s3)`. */
  toString(): string {
    return `${this.type} "${this.name}" (${this.flavor})`;
  }
}

/** A component of whatever type and flavor. */
export type AnyComponent = StackComponent;
