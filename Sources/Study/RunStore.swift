import Corpus
import Files
import Foundation
import GRDB
import Torch
import Training

/// `study.sqlite`: the index of a study's run folders, epoch by epoch, readable with plain SQL.
/// Docs/run-store.md gives the schema.
///
/// Everything is written in transactions: whenever the program is killed, the file holds all that was
/// finished. While a study writes, the store is in SQLite's write-ahead mode, in which readers and the writer
/// never wait for each other; when the writer is done one file is left.
public final class RunStore {
  let queue: DatabaseQueue
  private let file: URL
  private let writes: Bool

  public static func file(_ folder: URL) -> URL { folder.appendingPathComponent("study.sqlite") }

  /// Opens the store of a study for writing, making it or bringing it to the newest schema.
  /// - Throws: `FathomError` when the file is damaged, is no store, or comes from a newer Fathom.
  public init(_ folder: URL) throws {
    file = RunStore.file(folder)
    writes = true
    do {
      queue = try RunStore.open(file)
      guard try queue.read(RunStore.migrator.hasBeenSuperseded) == false else {
        throw FathomError(.newer, at: file.path, "written by a newer Fathom", mend: "use that one")
      }
      try RunStore.migrator.migrate(queue)
    } catch let error as DatabaseError { throw RunStore.fault(error, file) }
  }

  /// Opens a store for reading alone; nothing is written, and a study that writes meanwhile is not disturbed.
  /// - Throws: `FathomError` when there is none, or it cannot be read.
  public init(reading folder: URL) throws {
    file = RunStore.file(folder)
    writes = false
    guard FileManager.default.fileExists(atPath: file.path) else {
      throw FathomError(
        .notFound, at: folder.path, "the folder holds no study.sqlite",
        mend: "name the folder that `fathom study` wrote")
    }
    do {
      let queue = try RunStore.openForReading(file)
      guard try queue.read(RunStore.migrator.hasBeenSuperseded) == false else {
        throw FathomError(.newer, at: file.path, "written by a newer Fathom", mend: "use that one")
      }
      self.queue = try RunStore.current(queue, file)
    } catch let error as DatabaseError { throw RunStore.fault(error, file) }
  }

  deinit { if writes { RunStore.close(queue) } }

  // MARK: Opening

  /// How long, in seconds, a process waits for another one's transaction
  private static let patience: TimeInterval = 30

  private static func configuration(readonly: Bool) -> Configuration {
    var configuration = Configuration()
    configuration.readonly = readonly
    configuration.busyMode = .timeout(patience)
    return configuration
  }

  /// Write-ahead mode needs the file for itself for a moment, which a reader of a finished store may hold; a
  /// file system that cannot share memory (some network drives) keeps SQLite's older mode.
  private static func open(_ file: URL) throws -> DatabaseQueue {
    let queue = try DatabaseQueue(path: file.path, configuration: configuration(readonly: false))
    let deadline = Date() + patience
    while true {
      do {
        _ = try queue.writeWithoutTransaction { try String.fetchOne($0, sql: "PRAGMA journal_mode = WAL") }
        return queue
      } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY && Date() < deadline {
        Thread.sleep(forTimeInterval: 0.02)
      }
    }
  }

  /// One file is left, which a folder that cannot be written to still gives to readers. Where one of them is
  /// just reading, the write-ahead file stays, and the next writer clears it.
  private static func close(_ queue: DatabaseQueue) {
    queue.inDatabase { database in
      _ = try? String.fetchOne(database, sql: "PRAGMA busy_timeout = 200")
      _ = try? database.checkpoint(.truncate)
      _ = try? String.fetchOne(database, sql: "PRAGMA journal_mode = DELETE")
    }
  }

  /// As it lies; where a kill left a transaction half done, by rolling it back, if the folder may be written
  /// to; and where it may not, as a file that nobody changes, if it is whole.
  private static func openForReading(_ file: URL) throws -> DatabaseQueue {
    func open(_ path: String, readonly: Bool) throws -> DatabaseQueue {
      let queue = try DatabaseQueue(path: path, configuration: configuration(readonly: readonly))
      _ = try queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM sqlite_master") }
      return queue
    }
    do { return try open(file.path, readonly: true) } catch let error as DatabaseError {
      guard [.SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_IOERR].contains(error.resultCode) else {
        throw error
      }
      if let queue = try? open(file.path, readonly: false) { return queue }
      let isWhole = ["-wal", "-journal"].allSatisfy { suffix in
        let size = try? FileManager.default.attributesOfItem(atPath: file.path + suffix)[.size] as? NSNumber
        return (size?.intValue ?? 0) == 0
      }
      guard isWhole else {
        throw FathomError(
          .unreadable, at: file.path, "its last transaction was cut off, and is undone where one may write",
          mend: "open it once with the right to write to its folder")
      }
      let address = URL(fileURLWithPath: file.path).absoluteString + "?immutable=1"
      return try open(address, readonly: true)
    }
  }

  /// A store of an earlier schema is brought to this one in memory: a reader changes no file.
  private static func current(_ queue: DatabaseQueue, _ file: URL) throws -> DatabaseQueue {
    if try queue.read(migrator.hasCompletedMigrations) { return queue }
    guard try !queue.read(migrator.appliedMigrations).isEmpty else {
      throw FathomError(
        .damaged, at: file.path, "it is no store of a study", mend: "move it away and run again")
    }
    let copy = try DatabaseQueue()
    try queue.backup(to: copy)
    try migrator.migrate(copy)
    return copy
  }

  static func fault(_ error: DatabaseError, _ file: URL) -> FathomError {
    let reason = Sentence(error.message ?? "\(error.resultCode)")
    return switch error.resultCode {
    case .SQLITE_FULL:
      FathomError(.diskFull, at: file.path, "the disk is full", mend: "free some space and run again")
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      FathomError(.inUse, at: file.path, "another process holds it", mend: "wait for it")
    case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_READONLY, .SQLITE_AUTH:
      FathomError(.unwritable, at: file.path, "it cannot be opened", mend: "check its permissions")
    case .SQLITE_IOERR:
      FathomError(
        .unwritable, at: file.path, "the disk failed while it was read or written",
        mend: "what was finished before is safe: check the disk and run again")
    case .SQLITE_NOTADB, .SQLITE_CORRUPT:
      FathomError(
        .damaged, at: file.path, "the store is damaged", mend: "make it anew with `fathom runs rebuild`")
    default:
      FathomError(.failed, at: file.path, reason, mend: "run again")
    }
  }

  func write(_ body: (Database) throws -> Void) throws {
    do { try queue.write(body) } catch let error as DatabaseError { throw RunStore.fault(error, file) }
  }

  func read<R>(_ body: (Database) throws -> R) throws -> R {
    do { return try queue.read(body) } catch let error as DatabaseError { throw RunStore.fault(error, file) }
  }
}
