/** A row of the table `flavors`, as what has no query builder reads it too. */
export interface FlavorRow {
  id: string;
  type: string;
  name: string;
  source: string;
  manifest: string;
  files: string;
  created_at: number;
  updated_at: number;
}
