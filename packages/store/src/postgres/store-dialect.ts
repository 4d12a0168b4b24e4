import {
  type ColumnDefinitionNode,
  DataTypeNode,
  PostgresDialect,
  PostgresQueryCompiler,
  type QueryCompiler,
  RawNode,
} from 'kysely';

/** PostgreSQL, with texts ordered by their bytes, as SQLite does, whatever the language of the database is. */
export class StoreDialect extends PostgresDialect {
  override createQueryCompiler(): QueryCompiler {
    return new StoreQueryCompiler();
  }
}

class StoreQueryCompiler extends PostgresQueryCompiler {
  // Put onto the columns, so that the indexes have the order too, and no query need say it.
  protected override visitColumnDefinition(node: ColumnDefinitionNode): void {
    const isText = DataTypeNode.is(node.dataType) && node.dataType.dataType === 'text';
    super.visitColumnDefinition(isText ? { ...node, dataType: RawNode.createWithSql('text collate "C"') } : node);
  }
}
