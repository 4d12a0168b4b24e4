export type { JsonReport } from './output/report.ts';
