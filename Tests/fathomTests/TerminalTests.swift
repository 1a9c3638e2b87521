import Fixtures
import Foundation
import Testing

/// Commands in a pseudo-terminal of 80 columns.
@Suite(.serialized) struct TerminalTests {
  /// Swift sees no `openpty` on Linux, and Python is here: it fetched libtorch.
  private static let script = """
    import fcntl, os, pty, struct, sys, termios
    child, terminal = pty.fork()
    if child == 0:
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(sys.argv[1]), 0, 0))
        os.environ["TERM"] = "xterm-256color"
        for name in ("NO_COLOR", "COLUMNS"): os.environ.pop(name, None)
        os.execv(sys.argv[2], sys.argv[2:])
    while True:
        try: data = os.read(terminal, 65536)
        except OSError: break
        if not data: break
        sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """

  private func inTerminal(_ arguments: [String], columns: Int = 80) throws -> (status: Int32, output: String)
  {
    try python(Self.script, [String(columns), fathomExecutable.path] + arguments)
  }

  /// Each state of each line, without what moves the cursor or colours.
  private func lines(_ output: String) -> [String] {
    output.replacing(/\u{1B}\[[0-9;?]*[A-Za-z]/, with: "").components(
      separatedBy: CharacterSet(charactersIn: "\r\n"))
  }

  @Test func `attention is coloured in bands and fits 80 columns`() throws {
    try Fixtures.withFolder { folder in
      try writeTinyModel(to: folder)
      let text = String(repeating: "the film was so very good ", count: 5)
      let command = ["attention", "--model", folder.path, "--text", text]
      let shown = try inTerminal(command)
      #expect(shown.status == 0)
      #expect(shown.output.contains("48;2;255;45;0"), "the strongest band, #FF2D00")
      let plain = lines(shown.output)
      #expect(plain.allSatisfy { $0.count <= 80 } && plain.contains { $0.count > 60 })
      let narrow = try inTerminal(command, columns: 40)
      #expect(
        lines(narrow.output).allSatisfy {
          $0.count <= 40 || $0.contains("layer-average") || $0.contains("0.2–0.4")
        })
      // Away from a terminal there are no colours, but the bands are told.
      let piped = try fathom(command)
      #expect(!piped.output.contains("\u{1B}") && piped.output.contains("[4]"))
    }
  }

  @Test func `a study's progress and its runs fit 80 columns`() throws {
    try Fixtures.withFolder { folder in
      try writeTinyTask(to: folder, train: 80, test: 40)
      let study = try inTerminal([
        "study", "--model", folder.path + "/model", "--train", folder.path + "/train.csv", "--test",
        folder.path + "/test.csv",
        "--max-length", "16", "--threads", "1", "--variants", "1VA", "--epochs", "2", "--out",
        folder.path + "/study",
      ])
      #expect(study.status == 0)
      let progress = lines(study.output).filter { $0.contains("epoch") && !$0.contains("peak") }
      #expect(
        !progress.isEmpty && progress.allSatisfy { $0.count <= 80 },
        "\(progress.max { $0.count < $1.count } ?? "")")
      let runs = try inTerminal(["runs", "list", folder.path + "/study"])
      #expect(runs.output.contains("1VA-s1") && lines(runs.output).allSatisfy { $0.count <= 80 })
    }
  }
}
