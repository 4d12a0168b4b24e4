export {
  type CatalogOptions,
  type FlavorCatalog,
  type FlavorEntry,
  findFlavor,
  readFlavorCatalog,
} from './flavor-catalog.ts';
