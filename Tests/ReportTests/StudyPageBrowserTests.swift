import Fixtures
import Foundation
import Report
import Testing

@Suite(.serialized, .enabled(if: Browser.executable != nil, "Chromium is not installed"))
struct StudyPageBrowserTests {
  @Test func `the report has its plots, sorts its table and complains of nothing`() throws {
    let result = try ReportTests.study(["1VA", "2VA", "10VA"])
    let html = StudyReport(result).page.html
    let visit = try Browser().act(
      in: html,
      """
      const rows = () => [...document.querySelector("table.sortable").tBodies[0].rows].map(r => r.cells[0].textContent);
      report.plots = document.querySelectorAll("svg[role=img] > title").length; report.described = document.querySelectorAll("svg[role=img] > desc").length;
      report.first = document.querySelector("h1 + p").className;
      document.querySelector("table.sortable th button").click(); report.up = rows();
      document.querySelector("table.sortable th button").click(); report.down = rows();
      report.wide = document.documentElement.scrollWidth <= innerWidth;
      """)
    #expect(visit.report["problems"] as? [String] == [] && visit.console.isEmpty)
    #expect(
      (visit.report["plots"] as? Int ?? 0) >= 4
        && visit.report["plots"] as? Int == visit.report["described"] as? Int)
    #expect(visit.report["first"] as? String == "answer", "the recommendation comes first")
    #expect(
      visit.report["up"] as? [String] == ["1VA", "2VA", "10VA"]
        && visit.report["down"] as? [String] == ["10VA", "2VA", "1VA"])
    #expect(visit.report["wide"] as? Bool == true, "no sideways scrolling")
  }
}
