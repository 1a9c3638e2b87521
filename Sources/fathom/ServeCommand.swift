import ArgumentParser
import Foundation
import Server

struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Serve a study: live report, attention explorer, predictions.",
    usage: "fathom serve <study> [<options>]",
    discussion: """
      The report follows the study while it runs. POST /v1/predict takes {"texts": ["…"], "model": "3VA-s1"} (the \
      model may be left out: the recommended one answers). /healthz and /metrics (Prometheus) are for machines. \
      Ctrl-C finishes what is under way and stops.

      EXAMPLES
        fathom serve study
        curl -H 'Content-Type: application/json' -d '{"texts": ["Not bad."]}' \\
          localhost:8080/v1/predict
        FATHOM_TOKEN=secret fathom serve study --host 0.0.0.0 --port 80
      """)

  @Argument(help: "The study's folder.")
  var study: PathArgument

  @Option(help: "The port; 0 takes a free one.", in: .from(0, to: 65535))
  var port = 8080

  @Option(help: "The address to listen on; any but loopback needs a token.")
  var host = "127.0.0.1"

  @Option(
    help: "What requests must send, when --host is not loopback (better in the environment, as FATHOM_TOKEN)."
  )
  var token: String?

  @Option(help: "Seconds for a request's body to arrive and for its answer.", in: .from(1, to: 3600))
  var timeout = 30

  @Option(help: "Texts that may wait; requests beyond that are answered 429.", in: .from(1, to: 1_000_000))
  var waiting = 1024

  @OptionGroup var processor: ThreadArguments

  @OptionGroup var requirements: RequirementArguments

  func run() async throws {
    processor.apply()
    var options = StudyServer.Options()
    (options.host, options.port, options.requirements) = (host, port, requirements.value)
    // A token in the environment is for servers that others can reach.
    options.token = token ?? (options.isLoopback ? nil : ProcessInfo.processInfo.environment["FATHOM_TOKEN"])
    options.timeout = .seconds(timeout)
    options.waitingTexts = waiting
    let name = host.contains(":") ? "[\(host)]" : host
    try await StudyServer(study.url, options: options).run { port in
      do { try Output.line("http://\(name):\(port)/ (Ctrl-C stops it)") } catch { Fathom.end(error) }
    }
  }
}
