//! A database's schema as sorted lines, in words that are the same for both.

use std::path::{Path, PathBuf};
use terrane_server::platform::db::{Db, Exec, sql};

/// Columns, indexes and foreign keys, one line each.
pub async fn read(db: &Db) -> Vec<String> {
    let queries = match db {
        Db::Sqlite { .. } => [SQLITE_COLUMNS, SQLITE_INDEXES, SQLITE_FOREIGN_KEYS],
        Db::Postgres(_) => [POSTGRES_COLUMNS, POSTGRES_INDEXES, POSTGRES_FOREIGN_KEYS],
    };
    let mut lines = Vec::new();
    for query in queries {
        let rows: Vec<(String,)> = db.all(sql(query)).await.expect("the schema can be read");
        lines.extend(rows.into_iter().map(|(line,)| line.to_lowercase().replace("bytea", "blob")));
    }
    lines.sort();
    lines
}

/// Text columns of PostgreSQL that sort otherwise than on SQLite.
pub async fn without_byte_order(db: &Db) -> Vec<String> {
    let query = "SELECT CAST(table_name || '.' || column_name AS TEXT) FROM information_schema.columns \
         WHERE table_schema = 'public' AND table_name <> '_sqlx_migrations' AND data_type = 'text' \
         AND collation_name IS DISTINCT FROM 'C'";
    let rows: Vec<(String,)> = db.all(sql(query)).await.expect("the schema can be read");
    rows.into_iter().map(|(name,)| name).collect()
}

const SQLITE_COLUMNS: &str = "SELECT 'column ' || m.name || '.' || c.name || ' ' || c.type || \
     CASE c.\"notnull\" WHEN 1 THEN ' not null' ELSE ' null' END || ' default ' || COALESCE(c.dflt_value, '-') \
     FROM sqlite_master m JOIN pragma_table_info(m.name) c \
     WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name <> '_sqlx_migrations'";
const POSTGRES_COLUMNS: &str = "SELECT CAST('column ' || table_name || '.' || column_name || ' ' || data_type || \
     CASE is_nullable WHEN 'NO' THEN ' not null' ELSE ' null' END || ' default ' || REPLACE(COALESCE(column_default, '-'), '::text', '') AS TEXT) \
     FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> '_sqlx_migrations'";

const SQLITE_INDEXES: &str = "SELECT 'index on ' || t || CASE u WHEN 1 THEN ' unique ' ELSE ' ' END || \
     CASE o WHEN 'pk' THEN 'primary ' ELSE '' END || group_concat(COALESCE(c, 'expression'), ',') FROM ( \
       SELECT m.name AS t, l.name AS i, l.\"unique\" AS u, l.origin AS o, x.name AS c FROM sqlite_master m \
       JOIN pragma_index_list(m.name) l JOIN pragma_index_info(l.name) x \
       WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name <> '_sqlx_migrations' \
       ORDER BY m.name, l.name, x.seqno) GROUP BY t, i, u, o";
const POSTGRES_INDEXES: &str = "SELECT CAST('index on ' || c.relname || \
     CASE WHEN i.indisunique THEN ' unique ' ELSE ' ' END || CASE WHEN i.indisprimary THEN 'primary ' ELSE '' END || \
     string_agg(COALESCE(a.attname, 'expression'), ',' ORDER BY k.place) AS TEXT) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid \
     JOIN pg_namespace n ON n.oid = c.relnamespace \
     CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attribute, place) \
     LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attribute \
     WHERE n.nspname = 'public' AND c.relname <> '_sqlx_migrations' \
     GROUP BY c.relname, i.indexrelid, i.indisunique, i.indisprimary";

const SQLITE_FOREIGN_KEYS: &str = "SELECT 'from ' || m.name || '.' || f.\"from\" || ' to ' || f.\"table\" || '.' || f.\"to\" \
     || CASE f.on_delete WHEN 'CASCADE' THEN ' cascade' ELSE '' END \
     FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'";
const POSTGRES_FOREIGN_KEYS: &str = "SELECT CAST('from ' || c.relname || '.' || a.attname || ' to ' || t.relname || '.' || b.attname \
     || CASE f.confdeltype WHEN 'c' THEN ' cascade' ELSE '' END AS TEXT) \
     FROM pg_constraint f JOIN pg_class c ON c.oid = f.conrelid JOIN pg_class t ON t.oid = f.confrelid \
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = f.conkey[1] \
     JOIN pg_attribute b ON b.attrelid = t.oid AND b.attnum = f.confkey[1] WHERE f.contype = 'f'";

/// Every file that may hold SQL, with its text.
pub fn sources_of_stores() -> Vec<(String, String)> {
    let mut files = Vec::new();
    collect(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    assert!(files.len() > 15, "{files:?}");
    files
}

fn collect(folder: &Path, files: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).expect("a source folder can be read") {
        let path = entry.expect("a source folder can be read").path();
        if path.is_dir() {
            collect(&path, files);
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a source file is text");
        if text.contains("platform::db::") && text.contains("sql(") {
            files.push((path.display().to_string(), text));
        }
    }
}
