import EnvironmentDomain
import EnvironmentPage
import Testing

@Suite("The page")
struct PageTests {
    private static func everything() throws -> [ReportedEnvironment] {
        [try Samples.created(), try Samples.failed(), try Samples.damaged()]
    }

    @Test("The same values give the same text, in whatever order they come")
    func determinism() throws {
        let page = Samples.page(try Self.everything())
        #expect(page == Samples.page(try Self.everything()))
        #expect(page == Samples.page(try Self.everything().reversed()))
        #expect(page.hasPrefix(EnvironmentPage.beginning))
    }

    @Test("It is well formed, with nothing, one environment and many, and with hostile text")
    func form() throws {
        let hostile = try Samples.failed(
            "evil", summary: HostileText.all, text: HostileText.all, value: HostileText.all)
        let pages = [
            Samples.page([]), Samples.page([try Samples.failed()]), Samples.page(try Self.everything()),
            Samples.page([hostile, try Samples.damaged("bad", message: HostileText.all)], location: HostileText.all),
        ]
        for page in pages {
            let markup = Markup(page)
            #expect(markup.errors.isEmpty, "\(markup.errors.prefix(3))")
            #expect(markup.elements > 20)
        }
    }

    @Test(
        "The check of the form finds what it is for",
        arguments: ["<p>", "<p></b>", "<p a=b></p>", "<p>a & b</p>", "<p>a > b</p>", "<p a=\"<\"></p>"])
    func checksForm(text: String) {
        #expect(!Markup("<!DOCTYPE html>\n" + text).errors.isEmpty)
    }

    @Test("It names nothing outside itself, and its policy allows nothing else")
    func isSelfContained() throws {
        let page = Samples.page(try Self.everything())
        for word in ["://", " src=", "@import", "url(", "<link", "<img", "<iframe", "<form", " style=", " onclick="] {
            #expect(!page.contains(word), "\(word)")
        }
        for match in page.matches(of: /href="([^"]*)"/) { #expect(match.1.hasPrefix("#")) }
        #expect(
            page.contains(
                /Content-Security-Policy" content="default-src 'none'; style-src 'sha256-[^']+'; script-src 'sha256-[^']+'; base-uri 'none'; form-action 'none'"/
            ))
    }

    @Test("It shows of each environment the state, the release, the reason, the next command and the address")
    func contents() throws {
        let page = Samples.page(try Self.everything())
        for text in [
            "2 of 3 need attention", "release_failed", "tag=v3", "exited with status 6", "envctl retry shop",
            "10.0.0.7",
            "envctl provision plain", "the log is damaged", "envctl doctor broken", "curl: (22) 404", "Trace 77",
            "3 attempts", "2 attempts", "parameters.tag", "serial 5 → serial 11",
            "Lifecycle: it is release_failed; it has been created, provisioning, provisioned, configured, releasing",
        ] {
            #expect(page.contains(text), "\(text)")
        }
    }

    @Test("The picture has all states and every transition that is no removal and starts nothing again")
    func lifecycle() throws {
        let page = Samples.page([])
        for layout in ["lifecycle-wide", "lifecycle-tall"] {
            let start = try #require(page.firstRange(of: "<symbol id=\"\(layout)\"")).upperBound
            let picture = page[start...].prefix(
                upTo: try #require(page[start...].firstRange(of: "</symbol>")).lowerBound)
            let edges = Lifecycle.edges.count { !$0.isAgain && $0.phase != .destroy }
            #expect(picture.matches(of: #/<path class="arrow" /#).count == edges)
            for state in LifecycleState.allCases { #expect(picture.contains(">\(state.rawValue)</text>")) }
        }
    }

    @Test("A page of a thousand environments stays below eight megabytes when all have failed, and two when none has")
    func size() throws {
        let failed = try (1...1000).map { try Samples.failed("shop-\($0)") }
        #expect(Samples.page(failed).utf8.count < 8 << 20)
        let created = try (1...1000).map { try Samples.created("shop-\($0)") }
        #expect(Samples.page(created).utf8.count < 2 << 20)
    }
}
