import GRDB

extension RunStore {
  /// One migration a release that changed the schema; none is ever edited.
  package static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1") { database in
      try database.execute(
        sql: """
          CREATE TABLE run (
            id INTEGER PRIMARY KEY,
            variant TEXT NOT NULL,
            seed INTEGER NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('running', 'finished')),
            fingerprint TEXT NOT NULL,
            settings TEXT NOT NULL,
            started TEXT NOT NULL,
            finished TEXT,
            fathom TEXT NOT NULL,
            libtorch TEXT NOT NULL,
            processor TEXT NOT NULL,
            threads INTEGER NOT NULL,
            parameters INTEGER,
            size_bytes INTEGER,
            peak_epoch INTEGER,
            train_seconds REAL,
            inference_examples_per_second REAL,
            latency_milliseconds REAL,
            peak_memory_bytes INTEGER,
            test_count INTEGER,
            test_accuracy REAL,
            test_macro_f1 REAL,
            test_loss REAL,
            test_confusion TEXT,
            UNIQUE (variant, seed)
          );
          CREATE TABLE epoch (
            run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
            epoch INTEGER NOT NULL,
            train_loss REAL NOT NULL,
            seconds REAL NOT NULL,
            tokens INTEGER NOT NULL,
            validation_accuracy REAL,
            validation_macro_f1 REAL,
            validation_loss REAL,
            test_accuracy REAL,
            PRIMARY KEY (run, epoch)
          ) WITHOUT ROWID;
          CREATE TABLE prediction (
            run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
            split TEXT NOT NULL CHECK (split IN ('validation', 'test')),
            example INTEGER NOT NULL,
            target INTEGER NOT NULL,
            class INTEGER NOT NULL,
            PRIMARY KEY (run, split, example)
          ) WITHOUT ROWID;
          """)
    }
    // Runs that failed, and folds: SQLite changes neither a CHECK nor a UNIQUE in place.
    migrator.registerMigration("2", foreignKeyChecks: .deferred) { database in
      try database.execute(
        sql: """
          CREATE TABLE new_run (
            id INTEGER PRIMARY KEY,
            variant TEXT NOT NULL,
            seed INTEGER NOT NULL,
            fold INTEGER NOT NULL DEFAULT 0,
            state TEXT NOT NULL CHECK (state IN ('running', 'finished', 'failed')),
            reason TEXT,
            fingerprint TEXT NOT NULL,
            settings TEXT NOT NULL,
            started TEXT NOT NULL,
            finished TEXT,
            fathom TEXT NOT NULL,
            libtorch TEXT NOT NULL,
            processor TEXT NOT NULL,
            threads INTEGER NOT NULL,
            parameters INTEGER,
            size_bytes INTEGER,
            peak_epoch INTEGER,
            train_seconds REAL,
            inference_examples_per_second REAL,
            latency_milliseconds REAL,
            peak_memory_bytes INTEGER,
            test_count INTEGER,
            test_accuracy REAL,
            test_macro_f1 REAL,
            test_loss REAL,
            test_confusion TEXT,
            UNIQUE (variant, seed, fold)
          );
          INSERT INTO new_run
            SELECT id, variant, seed, 0, state, NULL, fingerprint, settings, started, finished, fathom, libtorch,
              processor, threads, parameters, size_bytes, peak_epoch, train_seconds,
              inference_examples_per_second, latency_milliseconds, peak_memory_bytes, test_count,
              test_accuracy, test_macro_f1, test_loss, test_confusion
            FROM run;
          DROP TABLE run;
          ALTER TABLE new_run RENAME TO run;
          """)
    }
    // What each example adds to a metric that classes do not say, of this run and of an answer that does not
    // look at the text.
    migrator.registerMigration("3") { database in
      try database.execute(
        sql: """
          ALTER TABLE prediction ADD COLUMN score REAL;
          ALTER TABLE prediction ADD COLUMN constant REAL;
          ALTER TABLE run ADD COLUMN test_figures TEXT;
          """)
    }
    return migrator
  }
}
