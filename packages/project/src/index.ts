export { editInput, type InputEdits } from './components/edit-input.ts';
export { type FieldChange, fieldChanges, valueChanges } from './components/field-changes.ts';
export {
  type CollectedGarbage,
  type ComponentMigration,
  type ComponentRegistration,
  type ComponentUpdate,
  type MigrationReport,
  ProjectComponents,
  type Updated,
} from './components/project-components.ts';
export {
  type ComponentDefinition,
  type DefinedComponent,
  defineComponent,
  defineStack,
  type StackDefinition,
} from './documents/define-stack.ts';
export { formatStackDocument } from './documents/format-stack-document.ts';
export type { StackFile } from './documents/load-stack-file.ts';
export { type ConflictRule, conflictRules, type ImportedComponent } from './documents/plan-import.ts';
export type { ChangeCause, PlannedChange, PlannedFieldChange, StackPlan } from './documents/plan-stack.ts';
export {
  type DocumentOptions,
  type ImportedStack,
  type ImportOptions,
  ProjectDocuments,
} from './documents/project-documents.ts';
export { parseDocument, readDocument } from './documents/read-document.ts';
export { readTextFile } from './documents/read-text-file.ts';
export {
  type ComponentInput,
  type DocumentComponent,
  type StackDocument,
  type StackInput,
  stackDocumentJson,
} from './documents/stack-document.ts';
export {
  type CatalogOptions,
  type FlavorCatalog,
  type FlavorEntry,
  findFlavor,
  findFlavorOf,
  readFlavorCatalog,
} from './flavors/flavor-catalog.ts';
export { createFlavorComponent, type FlavorSource, flavorWorker, loadFlavorSource } from './flavors/flavor-worker.ts';
export {
  type FlavorOfComponent,
  type FlavorRegistration,
  type LoadedSource,
  ProjectFlavors,
} from './flavors/project-flavors.ts';
export {
  type LoadedExport,
  ModuleLoader,
  parseSourceReference,
  type SourceReference,
} from './modules/module-loader.ts';
export { initProject, type OpenProjectOptions, openProject } from './open-project.ts';
export { Project, type ProjectOptions } from './project.ts';
export { findProjectRoot, requireProjectRoot } from './project-root.ts';
export { type ImportedSecret, type SecretConflictRule, secretConflictRules } from './secrets/import-secrets.ts';
export type { ComponentWriteOptions } from './secrets/plain-secret-keeper.ts';
export {
  type ListedSecrets,
  type ProjectSecret,
  type ProjectSecretOptions,
  type ProjectSecretSummary,
  ProjectSecrets,
  type ProjectSecretWriteOptions,
  type SecretImportOptions,
  type SecretRemovalOptions,
} from './secrets/project-secrets.ts';
export { formatSecrets, parseSecrets, parseSecretValues, type SecretValues } from './secrets/secrets-document.ts';
export type { CodedProblem, ComponentCheck, ComponentDiagnosis } from './stacks/examine-component.ts';
export {
  type ComponentReferences,
  type DoctorOptions,
  ProjectStacks,
  type StackChange,
  type StackDiagnosis,
  type StackListOptions,
  type StackProblem,
  type StackRegistration,
  type StackValidation,
} from './stacks/project-stacks.ts';
