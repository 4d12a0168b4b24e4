import * as z from 'zod';
import { cacheExplanationSchema } from './cache-schemas.ts';
import {
  changedComponentSchema,
  changedFlavorSchema,
  collectedGarbageSchema,
  deletedComponentSchema,
  deletedFlavorSchema,
  describedComponentSchema,
  migrationSchema,
} from './change-schemas.ts';
import { conformanceReportSchema } from './conformance-schemas.ts';
import { exportedStackSchema, importedStackSchema, stackPlanSchema } from './document-schemas.ts';
import { flavorSchema, listedFlavorSchema, optionSchema } from './flavor-schemas.ts';
import { helpSchema } from './help-schema.ts';
import { installationSchema, integrationSchema } from './integration-schemas.ts';
import {
  collectedArtifactsSchema,
  deletedRunsSchema,
  retentionRuleSchema,
  verificationSchema,
} from './keeping-schemas.ts';
import { componentSchema, jsonObjectSchema, stackSchema } from './record-schemas.ts';
import {
  artifactContentSchema,
  artifactSchema,
  describedRunSchema,
  downloadedArtifactSchema,
  endedRunSchema,
  lineageSchema,
  logLineSchema,
  runSchema,
  shownVisualizationSchema,
  workedRunSchema,
} from './run-schemas.ts';
import {
  changedSecretSchema,
  deletedSecretSchema,
  exportedSecretsSchema,
  importedSecretsSchema,
  rekeyedSecretsSchema,
  secretSchema,
  secretStoreOrderSchema,
  secretSummarySchema,
} from './secret-schemas.ts';
import { settingsExplanationSchema } from './settings-schemas.ts';
import {
  changedStackSchema,
  deletedStackSchema,
  stackDiagnosisSchema,
  stackValidationSchema,
} from './stack-schemas.ts';
import { storeCheckSchema, storeLabelSchema } from './store-schemas.ts';

const activatableStackSchema = stackSchema.extend({ isActive: z.boolean() });

/** What the commands print as `data` with `--json`. */
export const dataSchemas = {
  'applied-stack': stackPlanSchema.extend({ isDryRun: z.boolean() }),
  artifact: artifactSchema,
  artifacts: z.array(artifactSchema),
  'artifact-content': artifactContentSchema,
  'cache-explanation': cacheExplanationSchema,
  'changed-component': changedComponentSchema,
  'changed-flavor': changedFlavorSchema,
  'changed-secret': changedSecretSchema,
  'changed-stack': changedStackSchema,
  'collected-artifacts': collectedArtifactsSchema,
  'collected-garbage': collectedGarbageSchema,
  'completion-script': z.object({ shell: z.enum(['bash', 'zsh', 'fish']), script: z.string() }),
  component: describedComponentSchema,
  components: z.array(componentSchema),
  'conformance-report': conformanceReportSchema,
  'deleted-component': deletedComponentSchema,
  'deleted-flavor': deletedFlavorSchema,
  'deleted-runs': deletedRunsSchema,
  'deleted-secret': deletedSecretSchema,
  'deleted-stack': deletedStackSchema,
  'described-flavor': flavorSchema.extend({ options: z.array(optionSchema) }),
  'described-run': describedRunSchema,
  'downloaded-artifact': downloadedArtifactSchema,
  'ended-run': endedRunSchema,
  'exported-secrets': exportedSecretsSchema,
  'exported-stack': exportedStackSchema,
  flavor: flavorSchema,
  flavors: z.array(listedFlavorSchema),
  help: helpSchema,
  'imported-secrets': importedSecretsSchema,
  'imported-stack': importedStackSchema,
  installation: installationSchema,
  integration: integrationSchema,
  integrations: z.array(integrationSchema),
  'json-schema': z.looseObject({}).describe('The schema of a document, or the schemas of all by command.'),
  lineage: lineageSchema,
  'logged-metadata': z.object({ metadata: jsonObjectSchema.describe('All that is logged of it by now.') }),
  'log-lines': z.array(logLineSchema),
  migration: migrationSchema,
  project: z.object({ root: z.string(), isNew: z.boolean(), store: storeLabelSchema, activeStack: z.string() }),
  'rekeyed-secrets': rekeyedSecretsSchema,
  'retention-rules': z.array(retentionRuleSchema),
  runs: z.array(runSchema),
  secret: secretSchema,
  'secret-store-order': secretStoreOrderSchema,
  secrets: z.array(secretSummarySchema),
  'settings-explanation': settingsExplanationSchema,
  stack: activatableStackSchema,
  'stack-diagnosis': stackDiagnosisSchema,
  'stack-plan': stackPlanSchema,
  'stack-validation': stackValidationSchema,
  'store-backup': z.object({ file: z.string() }),
  'store-check': storeCheckSchema,
  'store-restoration': z.object({
    file: z.string(),
    previous: z.string().optional().describe('The file that has what the store held before.'),
  }),
  stacks: z.array(activatableStackSchema),
  status: z.object({ root: z.string(), store: storeLabelSchema, activeStack: stackSchema, runs: z.array(runSchema) }),
  verification: verificationSchema,
  visualization: shownVisualizationSchema,
  'worked-runs': z.array(workedRunSchema),
  'written-file': z.object({ file: z.string() }),
  version: z.object({ version: z.string(), node: z.string() }),
};

export type DataSchemaName = keyof typeof dataSchemas;
