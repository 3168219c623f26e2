import Foundation
import JSONText
import Testing

@testable import EnvironmentPage

@Suite(
    "The page in a browser",
    .enabled(if: Browser.isThere, "there is no chromium on the PATH (apt-get install chromium)"))
struct BrowserTests {
    private static func hostile() throws -> String {
        Samples.page(
            [
                try Samples.failed("evil", summary: HostileText.all, text: HostileText.all, value: HostileText.all),
                try Samples.damaged("bad", message: HostileText.all),
            ], location: HostileText.all)
    }

    @Test("Text that would be code is not run and loads nothing, and is shown as it is")
    func hostileText() async throws {
        let document = try await Browser.document(["page.html": try Self.hostile()])
        #expect(document.contains("<title>2 of 2 need attention · environments</title>"))
        #expect(document.contains("class=\"scripted\""))
        #expect(document.contains("&lt;script&gt;"))
        for tag in ["<img", "<iframe", "<base", "<svg onload", "<a href=\"javascript", "http-equiv=\"refresh\""] {
            #expect(!document.contains(tag), "\(tag)")
        }
    }

    @Test("The same text is run where it is not escaped and no policy is there, so that the check can fail")
    func control() async throws {
        let document = try await Browser.document([
            "page.html": "<!DOCTYPE html><title>clean</title><body>\(HostileText.markup[0])</body>"
        ])
        #expect(document.contains("<title>owned</title>"))
    }

    @Test("The policy alone keeps the browser from running code that were not escaped")
    func policy() async throws {
        let page = try Self.hostile().replacing(
            "</main>", with: "\(HostileText.markup[0])\(HostileText.markup[2])</main>")
        let document = try await Browser.document(["page.html": page])
        #expect(document.contains("<img"))
        #expect(document.contains("<title>2 of 2 need attention · environments</title>"))
    }

    @Test("Times are in UTC in the file, and in the reader's zone in the browser")
    func zone() async throws {
        let page = Samples.page([try Samples.created()])
        #expect(page.contains(">2026-11-18 11:06:40</time>"))
        let document = try await Browser.document(["page.html": page], zone: "Asia/Tokyo")
        #expect(document.contains(">2026-11-18 20:06:40</time>"))
        #expect(document.contains(/<span class="zone">Asia\/Tokyo<\/span>/))
    }

    /// What a page is like in a frame of this width, with everything opened.
    private static func measure(_ page: String, width: Int) async throws -> JSONValue {
        // The same page as it is before its script has changed anything.
        let still = page.replacing(Script.text, with: "document.documentElement.classList.add('scripted')")
            .replacing(/<meta http-equiv="Content-Security-Policy"[^>]*>/, with: "")
        #expect(still != page)
        let document = try await Browser.document(
            [
                "frames.html": """
                <!DOCTYPE html><body>
                <iframe id="page" width="\(width)" height="800" src="about:blank"></iframe>
                <iframe id="still" width="\(width)" height="800" src="about:blank"></iframe>
                <pre id="result"></pre>
                <textarea id="page-text" hidden>\(page.escaped)</textarea>
                <textarea id="still-text" hidden>\(still.escaped)</textarea>
                <script>
                const load = name => new Promise(resolve => {
                  const frame = document.getElementById(name);
                  frame.onload = () => resolve(frame.contentDocument);
                  frame.srcdoc = document.getElementById(name + '-text').value;
                });
                const boxes = page => [...page.querySelectorAll('body *')].filter(x => !x.closest('.zone')).map(x => {
                  const box = x.getBoundingClientRect();
                  return [x.tagName, x.className.baseVal ?? x.className, box.left, box.top, box.width, box.height].join(' ');
                });
                (async () => {
                  const [page, still] = [await load('page'), await load('still')];
                  const before = boxes(still), after = boxes(page);
                  const moved = after.filter((box, index) => box !== before[index]);
                  for (const details of page.querySelectorAll('details')) details.open = true;
                  const wide = [...page.querySelectorAll('body *')]
                    .filter(x => !x.closest('pre, svg, .tools label') && x.getBoundingClientRect().right > page.documentElement.clientWidth + 0.5)
                    .map(x => x.tagName + '.' + x.className);
                  document.getElementById('result').textContent = JSON.stringify({
                    excess: page.documentElement.scrollWidth - page.documentElement.clientWidth, scripted: page.documentElement.className,
                    opened: page.querySelectorAll('details[open]').length, boxes: after.length, moved, wide,
                  });
                })();
                </script></body>
                """
            ], zone: "America/Argentina/ComodRivadavia")
        let match = try #require(document.firstMatch(of: /<pre id="result">(.+?)<\/pre>/), "\(document.suffix(2000))")
        let text = String(match.1).replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing(
            "&amp;", with: "&")
        return try JSONValue(parsing: Array(text.utf8))
    }

    @Test("Nothing is wider than the window, and the script moves nothing", arguments: [320, 360, 768, 1280])
    func layout(width: Int) async throws {
        let long = String(repeating: "a", count: 59)
        let value = String(repeating: "0123456789", count: 20)
        let page = Samples.page([
            try Samples.failed(long, summary: value, text: value, value: value),
            try Samples.damaged("bad", message: value),
            try Samples.created(), try Samples.failed("evil", summary: HostileText.all, text: HostileText.all),
        ])
        let result = try await Self.measure(page, width: width)
        #expect(result["scripted"]?.string == "scripted")
        #expect(result["opened"]?.number?.integer(as: Int.self) ?? 0 > 8)
        #expect(result["boxes"]?.number?.integer(as: Int.self) ?? 0 > 100)
        #expect(result["excess"]?.number?.integer(as: Int.self) == 0)
        #expect(result["wide"]?.array == [])
        #expect(result["moved"]?.array == [])
    }
}
