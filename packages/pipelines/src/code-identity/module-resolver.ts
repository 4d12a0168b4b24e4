import { registerHooks } from 'node:module';

const prefix = 'stack-resolve:';

/**
 * Resolves specifiers as Node does for `import` in this process: with the conditions and hooks that hold here, and
 * links followed. A relative path is not looked up.
 *
 * @throws Error of Node for a package, or an export of one, that is not there
 */
export class ModuleResolver implements Disposable {
  // `import.meta.resolve` takes no other module than its own: the hook tells Node which one it is for.
  readonly #hooks = registerHooks({
    resolve(specifier, context, nextResolve) {
      if (!specifier.startsWith(prefix)) return nextResolve(specifier, context);
      const [parentURL = '', wanted = ''] = specifier.slice(prefix.length).split('|').map(decodeURIComponent);
      return nextResolve(wanted, { ...context, parentURL });
    },
  });

  /** @param from URL of the module that imports it */
  resolve(specifier: string, from: string): string {
    return import.meta.resolve(`${prefix}${encodeURIComponent(from)}|${encodeURIComponent(specifier)}`);
  }

  [Symbol.dispose](): void {
    this.#hooks.deregister();
  }
}
