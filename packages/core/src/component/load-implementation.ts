import { StackError } from '../errors/index.ts';
import type { AnyFlavor } from '../flavor/flavor.ts';
import { moduleLoadError } from './module-load-error.ts';
import type { AnyComponent, ComponentContext } from './stack-component.ts';

type ImplementationClass = new (context: ComponentContext) => AnyComponent;

/**
 * Imports the class of a flavor, and with it the SDK behind it.
 *
 * @throws DEPENDENCY_MISSING when a package that the implementation needs is not installed
 * @throws MODULE_LOAD_FAILED when the module throws, or has no class as its default export
 */
export async function loadImplementation(flavor: AnyFlavor): Promise<ImplementationClass> {
  const subject = `The implementation of the flavor ${flavor.type}/${flavor.name}`;
  let module: { readonly default: unknown };
  try {
    module = await flavor.implementation();
  } catch (error) {
    throw moduleLoadError(subject, error);
  }
  if (typeof module.default !== 'function') {
    throw new StackError({
      code: 'MODULE_LOAD_FAILED',
      message: `${subject} has no class as its default export.`,
      hint: 'End the module with `export default class ...`.',
    });
  }
  // The one cast of a flavor's class: `defineFlavor` checked its type before it erased it.
  return module.default as ImplementationClass;
}
