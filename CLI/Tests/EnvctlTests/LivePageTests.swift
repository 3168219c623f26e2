import Foundation
import JSONText
import Testing

@testable import EnvironmentTool

@Suite("The live page")
struct LivePageTests {
    @Test("The address opens the page once; then the cookie does, and nothing is changed")
    func token() async throws {
        let sandbox = try Sandbox()
        try await sandbox.failed("shop")
        let before = try await sandbox.listing()
        let server = try await LiveServer(sandbox)
        #expect(server.address.hasPrefix("http://127.0.0.1:"))
        let reply = try await server.get(server.address)
        #expect(reply.status == 303 && reply.field("Location") == "/")
        let cookie = try #require(reply.field("Set-Cookie"))
        #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"))
        let page = try await server.get("/")
        #expect(page.status == 200)
        #expect(page.body.contains("shop needs attention") && page.body.contains("exited with status 1"))
        #expect(page.field("Cache-Control") == "no-store" && page.field("X-Frame-Options") == "DENY")
        let again = try await server.get(server.address, jar: "other")
        #expect(again.status == 403 && again.body.contains("was opened before"))
        #expect(try await server.get(server.address).status == 303)
        let outcome = try await server.end()
        #expect(outcome.code == 130)
        #expect(outcome.errors == "")
        #expect(try await sandbox.listing() == before)
    }

    /// Requests that get nothing: the path, curl's options, and the status.
    static let refused: [(path: String, options: [String], status: Int)] = [
        ("/", ["-b", "none"], 403), ("/events", ["-b", "none"], 403), ("/?token=", [], 403),
        ("/?token=0", ["-b", "none"], 403),
        ("/?TOKEN", ["-b", "none"], 403),
        ("/", ["-H", "Origin: http://evil.example"], 403), ("/events", ["-H", "Origin: null"], 403),
        ("/", ["-H", "Origin: http://localhost:1"], 403), ("/", ["-H", "Sec-Fetch-Site: cross-site"], 403),
        ("/events", ["-H", "Sec-Fetch-Site: same-site"], 403),
        ("/", ["-H", "Host: evil.example"], 421), ("/", ["-H", "Host: evil.example:PORT"], 421),
        ("/", ["-H", "Host: 127.0.0.1.evil.example:PORT"], 421), ("/", ["-H", "Host: 127.0.0.1:1"], 421),
        ("/", ["-H", "Host: 127.0.0.1"], 421), ("/", ["-H", "Host;"], 421), ("/", ["--http1.0", "-H", "Host:"], 421),
        ("/../../etc/passwd", [], 404), ("/%2e%2e/%2e%2e/etc/passwd", [], 404), ("//etc/passwd", [], 404),
        ("/..%2f..%2fetc/passwd", [], 404), ("/events/../..", [], 404), ("/data/shop/history.jsonl", [], 404),
        ("/favicon.ico", [], 404), ("/events/", [], 404), ("/%00", [], 404),
        ("/", ["-X", "POST"], 405), ("/", ["-X", "POST", "-d", "x=1"], 405), ("/", ["-X", "PUT"], 405),
        ("/", ["-X", "DELETE"], 405), ("/events", ["-X", "PATCH"], 405), ("/", ["-X", "OPTIONS"], 405),
        ("/", ["-X", "get"], 405), ("/", ["-X", "TRACE"], 405),
    ]

    @Test("Wrong tokens, other origins and hosts, other paths and other methods are refused, also with the cookie")
    func refusals() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("create", "shop")
        let server = try await LiveServer(sandbox)
        try await server.open()
        for (path, options, status) in Self.refused {
            let words = (["-s", "-i", "--path-as-is", "-b", "jar"] + options).map {
                $0.replacing("PORT", with: server.port)
            }
            let isStranger = options.contains("none")
            let line = (isStranger ? ["-s", "-i", "--path-as-is"] : words).map { "'\($0)'" }.joined(separator: " ")
            let reply = try LiveServer.Reply(
                try await sandbox.shell("curl \(line) '\(server.root + path.dropFirst())'"))
            #expect(reply.status == status, "\(path) \(options): \(reply)")
            #expect(!reply.body.contains("env-shop") && reply.field("Set-Cookie") == nil, "\(path) \(options)")
        }
        #expect(try await server.get("/").status == 200)
        let head = try await server.get("/", "-I")
        #expect(head.status == 200 && head.body == "")
        try await server.end()
    }

    @Test(
        "What is no request ends its connection alone",
        arguments: ["nonsense", "GET\\r\\n\\r\\n", "GET / HTTP/1.1\\r\\nHost : a\\r\\n\\r\\n"])
    func nonsense(text: String) async throws {
        let sandbox = try Sandbox()
        let server = try await LiveServer(sandbox)
        try await server.open()
        let answer = try await sandbox.shell(
            "printf '\(text)' | timeout 60 bash -c 'exec 3<>/dev/tcp/127.0.0.1/\(server.port); cat >&3; timeout 12 cat <&3; :'"
        )
        #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 400"), "\(answer)")
        #expect(try await server.get("/").status == 200)
        try await server.end()
    }

    @Test(
        "A save is told to a browser that listens, also when the store was gone for a while", arguments: [false, true])
    func events(isNamed: Bool) async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("create", "web")
        let server = try await isNamed ? LiveServer(sandbox, "--data-dir", "data") : LiveServer(sandbox)
        try await server.open()
        let listener = try sandbox.start([], shell: "exec curl -s -N -b jar \(server.root)events")
        try await wait(for: "the first event") { listener.output.contains("env-web") }
        try await sandbox.succeed("provision", "web")
        try await wait(for: "the save") { listener.output.contains("now-provisioned") }
        try await sandbox.shell("mv data gone")
        try await wait(for: "the trouble") { listener.output.contains("The store cannot be read since") }
        #expect(try await server.get("/").body.contains("now-provisioned"))
        try await sandbox.shell("mv gone data")
        try await sandbox.succeed("configure", "web")
        try await wait(for: "the save") { listener.output.contains("now-configured") }
        #expect(try await server.get("/").body.contains(">Live<"))
        let outcome = try await server.end()
        #expect(outcome.code == 130)
        _ = try await listener.end()
    }

    @Test("It ends at once while browsers listen, and with 143 at SIGTERM")
    func terminate() async throws {
        let sandbox = try Sandbox()
        let server = try await LiveServer(sandbox)
        try await server.open()
        let listener = try sandbox.start([], shell: "exec curl -s -N -b jar \(server.root)events")
        try await wait(for: "the first event") { listener.output.contains("data: ") }
        server.program.signal(SIGTERM)
        #expect(try await server.program.end().code == 143)
        _ = try await listener.end()
    }

    @Test("A port that is in use is an error with the way out; a port that is free is used")
    func port() async throws {
        let sandbox = try Sandbox()
        let server = try await LiveServer(sandbox)
        let outcome = try await sandbox.run("ui", "--port", server.port)
        #expect(outcome.code == 74)
        #expect(
            outcome.lastWord.contains("The port \(server.port) of 127.0.0.1 cannot be opened: another program uses it"))
        #expect(try outcome.next() == "envctl ui")
        let port = server.port
        try await server.end()
        let second = try await LiveServer(sandbox, "--port", port)
        #expect(second.port == port)
        try await second.end()
    }

    @Test("Only the named environments are shown, and an unknown name is an error")
    func names() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("create", "web")
        try await sandbox.succeed("create", "shop")
        #expect(try await sandbox.run("ui", "wbe").code == 66)
        #expect(try await sandbox.run("ui", "--json").code == 64)
        #expect(try await sandbox.run("ui", "--data-dir", "absent").code == 66)
        let server = try await LiveServer(sandbox, "web")
        try await server.open()
        let page = try await server.get("/").body
        #expect(page.contains("env-web") && !page.contains("env-shop"))
        try await server.end()
    }

    @Test("Without environments the page says so, and shows the first one when it is made")
    func first() async throws {
        let sandbox = try Sandbox()
        let server = try await LiveServer(sandbox)
        try await server.open()
        #expect(try await server.get("/").body.contains("No environments"))
        try await sandbox.succeed("create", "web")
        try await wait(for: "the environment") { try await server.get("/").body.contains("env-web") }
        try await server.end()
    }
}

#if PostgreSQL
    @Suite(
        "The live page of a database", .serialized,
        .enabled(if: Database.missing == nil, Comment(rawValue: Database.missing ?? "")))
    struct LiveDatabaseTests {
        @Test("A save is told, and a database that is gone for a while is waited for")
        func outage() async throws {
            let store = try await Database.shared.value.newStore()
            let name = try #require(store.firstMatch(of: /dbname=(\w+)/)?.1)
            let sandbox = try Sandbox(store: store)
            try await sandbox.succeed("prepare-store")
            try await sandbox.succeed("create", "web")
            let server = try await LiveServer(sandbox)
            try await server.open()
            let listener = try sandbox.start([], shell: "exec curl -s -N -b jar \(server.root)events")
            try await wait(for: "the first event") { listener.output.contains("now-created") }
            try await sandbox.succeed("provision", "web")
            try await wait(for: "the save") { listener.output.contains("now-provisioned") }
            let database = try await Database.shared.value
            try await database.run(
                """
                ALTER DATABASE \(name) ALLOW_CONNECTIONS false;
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(name)'
                """)
            try await wait(for: "the trouble") { listener.output.contains("The store cannot be read since") }
            #expect(try await server.get("/").body.contains("now-provisioned"))
            try await database.run("ALTER DATABASE \(name) ALLOW_CONNECTIONS true")
            try await sandbox.succeed("configure", "web")
            try await wait(for: "the save") { listener.output.contains("now-configured") }
            try await wait(for: "the end of the trouble") { try await server.get("/").body.contains(">Live<") }
            #expect(try await server.end().code == 130)
            _ = try await listener.end()
        }
    }
#endif

@Suite(
    "The live page in a browser",
    .enabled(if: LiveBrowser.isThere, "there is no chromium on the PATH (apt-get install chromium)"))
struct LiveBrowserTests {
    private static func state(_ name: String) -> String {
        "document.querySelector('#env-\(name) .state')?.textContent"
    }

    @Test(
        "Deployments that run at the same time are seen moving, and what the reader has opened stays",
        arguments: [360, 1280])
    func moving(width: Int) async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("create", "calm")
        for name in ["api", "shop"] {
            try sandbox.workflow(
                ["configure": ["echo waiting in \(name); while ! test -e '\(sandbox.path("go"))'; do sleep 0.1; done"]],
                to: "\(name).json")
            try await sandbox.succeed("create", name, "--workflow", "\(name).json")
        }
        let server = try await LiveServer(sandbox)
        let browser = try await LiveBrowser(sandbox)
        try await browser.resize(width: width)
        try await browser.open(server.address)
        #expect(try await browser.evaluate("location.search") == .string(""))
        try await browser.wait(until: "document.documentElement.dataset.updates >= 1")
        _ = try await browser.evaluate(
            """
            window.calm = document.querySelector('#env-calm');
            window.boxes = () => JSON.stringify([...document.querySelectorAll('body > *, .env, .env > summary, .legend li')]
              .map(element => { const box = element.getBoundingClientRect(); return [box.top, box.left, box.width, box.height]; }));
            window.before = boxes();
            """)
        let programs = try ["api", "shop"].map { try sandbox.start(["deploy", $0, "--workflow", "\($0).json"]) }
        for name in ["api", "shop"] { try await browser.wait(until: "\(Self.state(name)) === 'configuring'") }
        try await browser.wait(until: "document.querySelector('h1').textContent === 'None of 3 needs attention'")
        #expect(try await browser.evaluate("boxes()") == browser.evaluate("before"))
        // What the log says is behind the row, and stays open.
        _ = try await browser.evaluate(
            """
            document.querySelector('#env-shop').open = true; document.querySelector('#env-shop .run details').open = false;
            document.querySelector('#env-shop summary').focus(); scrollTo(0, 120); document.getElementById('filter').value = 'shop';
            """)
        try await browser.wait(until: "document.querySelector('#env-shop pre').textContent === 'waiting in shop'")
        try sandbox.write("", to: "go")
        for program in programs { #expect(try await program.end().code == 0) }
        for name in ["api", "shop"] { try await browser.wait(until: "\(Self.state(name)) === 'configured'") }
        #expect(try await browser.evaluate("document.querySelector('#env-shop').open") == .bool(true))
        #expect(try await browser.evaluate("document.querySelector('#env-api').open") == .bool(false))
        #expect(
            try await browser.evaluate("document.activeElement === document.querySelector('#env-shop summary')")
                == .bool(true))
        #expect(try await browser.evaluate("document.getElementById('filter').value") == .string("shop"))
        #expect(try await browser.evaluate("document.getElementById('found').textContent") == .string("1 of 3"))
        #expect(try await browser.evaluate("window.calm === document.querySelector('#env-calm')") == .bool(true))
        #expect(
            try await browser.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
                == .bool(true))
        try await server.end()
        try await browser.wait(until: "!document.getElementById('lost').hidden")
        try await browser.close()
    }

    @Test("Hostile text of a step is shown and not run, also when it comes while the page is open")
    func hostile() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("create", "calm")
        let server = try await LiveServer(sandbox)
        let browser = try await LiveBrowser(sandbox)
        try await browser.open(server.address)
        try await browser.wait(until: "document.documentElement.dataset.updates >= 1")
        try sandbox.write(
            """
            {"provision": [{"name": "make", "run": "printf 'x=</dd><script>document.title=1</script>\\\\n' >> \\"$OUTPUTS\\"; \
            printf '\\\\033[31m<img src=x onerror=document.title=1>\\\\033[0m</template></details> \\\\342\\\\200\\\\256\\\\n'; exit 3"}]}
            """, to: "w.json")
        let deploy = try await sandbox.run(
            "deploy", "evil", "--create", "--workflow", "w.json", "--set", "tag=\"><svg onload=document.title=1>")
        #expect(deploy.code == 1)
        try await browser.wait(until: "document.querySelector('#env-evil .state')?.textContent === 'provision_failed'")
        let text = try await browser.evaluate("document.querySelector('#env-evil').textContent").string ?? ""
        #expect(text.contains("<img src=x onerror=document.title=1></template></details> ⟦U+202E⟧"))
        #expect(text.contains("tag=\"><svg onload=document.title=1>"))
        #expect(
            try await browser.evaluate("document.querySelectorAll('img, template, #env-evil script').length")
                == JSONValue(0))
        #expect(try await browser.evaluate("document.title") == .string("1 of 2 needs attention · environments"))
        // The policy alone keeps code from being run that were not escaped. What is beside the parts is not replaced.
        let refused = try await browser.evaluate(
            """
            new Promise(resolve => {
              document.addEventListener('securitypolicyviolation', event => {
                if (event.effectiveDirective.startsWith('script-src')) resolve(true);
              });
              const place = document.createElement('div');
              document.body.append(place);
              place.innerHTML = '<img src=x onerror="document.title=1">';
            })
            """)
        #expect(refused == .bool(true))
        #expect(try await browser.evaluate("document.title") == .string("1 of 2 needs attention · environments"))
        try await server.end()
        try await browser.close()
    }
}
