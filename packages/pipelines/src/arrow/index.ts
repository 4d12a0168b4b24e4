export { arrowTable } from './arrow-table.ts';
