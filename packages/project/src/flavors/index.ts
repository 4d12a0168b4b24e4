export {
  type CatalogOptions,
  type FlavorCatalog,
  type FlavorEntry,
  findFlavor,
  findFlavorOf,
  readFlavorCatalog,
} from './flavor-catalog.ts';
