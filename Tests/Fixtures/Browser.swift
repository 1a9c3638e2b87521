import Checkpoint
import Files
import Foundation

/// Headless Chromium: opens a page and does in it what a reader would.
public struct Browser {
  /// What the page held at the end, and what its console said
  public struct Visit {
    /// What the acting script put into `report`
    public let report: [String: Any]
    public let document: String
    public let console: [String]
  }

  /// nil where no Chromium is installed.
  public static let executable: String? = [
    "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  ].first { FileManager.default.isExecutableFile(atPath: $0) }

  public init() {}

  /// Opens a page with a script at its end, which fills an object called `report`; the script may `await`.
  /// - Parameter hurries: lets the page's clock jump ahead; off to measure how long something takes, and the
  ///   script must then not wait for anything.
  public func act(in html: String, hurries: Bool = true, _ script: String) throws -> Visit {
    try Fixtures.withFolder { folder in
      let page = folder.appendingPathComponent("page.html")
      let report =
        "document.documentElement.innerHTML = '<pre id=report></pre>'; document.getElementById('report').textContent = JSON.stringify(report)"
      let watch =
        "<script>document.currentScript.remove(); var problems = []; addEventListener('error', e => problems.push(e.message)); addEventListener('unhandledrejection', e => problems.push(String(e.reason)))</script>"
      let start =
        hurries
        ? "(async () => { try { \(script) } catch (e) { problems.push(String(e)) } report.problems = problems; \(report) })()"
        : "{ \(script) } report.problems = problems; \(report)"
      try Data(
        (watch + html + "<script>document.currentScript.remove(); var report = {}; \(start)</script>").utf8
      ).write(to: page)
      let visit = try open(page.absoluteString, hurries: hurries)
      guard let from = visit.document.range(of: "<pre id=\"report\">"),
        let to = visit.document.range(of: "</pre>", range: from.upperBound..<visit.document.endIndex)
      else {
        return visit
      }
      let text = visit.document[from.upperBound..<to.lowerBound].replacingOccurrences(of: "&lt;", with: "<")
        .replacingOccurrences(of: "&gt;", with: ">").replacingOccurrences(of: "&amp;", with: "&")
      let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] ?? [:]
      return Visit(report: object, document: visit.document, console: visit.console)
    }
  }

  /// Opens an address and gives the document as it then is.
  public func open(_ address: String, hurries: Bool = true) throws -> Visit {
    try Fixtures.withFolder { folder in
      let process = Process()
      process.executableURL = URL(fileURLWithPath: Browser.executable ?? "/usr/bin/chromium")
      process.arguments =
        [
          "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--enable-logging=stderr",
          "--window-size=1000,900",
          "--user-data-dir=\(folder.path)/profile", "--dump-dom",
        ] + (hurries ? ["--virtual-time-budget=20000"] : []) + [address]
      let files = try ["out", "err"].map { name -> FileHandle in
        let file = folder.appendingPathComponent(name)
        try Data().write(to: file)
        return try FileHandle(forUpdating: file)
      }
      (process.standardOutput, process.standardError) = (files[0], files[1])
      try ChildProcess.run(process)
      func text(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: folder.appendingPathComponent(name)), as: UTF8.self)
      }
      return Visit(
        report: [:], document: try text("out"),
        console: try text("err").split(separator: "\n").filter { $0.contains("CONSOLE") }.map(String.init))
    }
  }
}
