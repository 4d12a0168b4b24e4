export { type ComponentRegistration, ProjectComponents } from './components/project-components.ts';
export { type FlavorOptions, splitOptions } from './components/split-options.ts';
export { readDocument } from './documents/read-document.ts';
export { readTextFile } from './documents/read-text-file.ts';
export {
  type CatalogOptions,
  type FlavorCatalog,
  type FlavorEntry,
  findFlavor,
  readFlavorCatalog,
} from './flavors/flavor-catalog.ts';
export { type FlavorRegistration, ProjectFlavors } from './flavors/project-flavors.ts';
export {
  type LoadedExport,
  ModuleLoader,
  parseSourceReference,
  type SourceReference,
} from './modules/module-loader.ts';
export { initProject, type OpenProjectOptions, openProject } from './open-project.ts';
export { Project, type ProjectOptions } from './project.ts';
export { findProjectRoot, requireProjectRoot } from './project-root.ts';
export { ProjectStacks, type StackRegistration } from './stacks/project-stacks.ts';
