import Testing

@testable import EnvironmentTool

@Suite("What the live page's server understands")
struct AdmissionTests {
    @Test("A head is read with LF and with CR LF, and its fields whatever their case")
    func head() throws {
        for end in ["\r\n", "\n"] {
            let text = ["GET /events?a=%20b HTTP/1.1", "HOST: a:1", "cookie:  x=1"].joined(separator: end) + end + end
            let head = try #require(RequestHead(Array(text.utf8)))
            #expect(head.method == "GET" && head.path == "/events" && head.query == "a=%20b")
            #expect(head["host"] == "a:1" && head["cookie"] == "x=1" && head["origin"] == nil)
        }
    }

    @Test(
        "What is no head is none",
        arguments: [
            "", "GET", "GET /", "GET / HTTP/2", "GET http://a/ HTTP/1.1", "GET  / HTTP/1.1",
            "GET / HTTP/1.1\r\nno colon",
            "GET / HTTP/1.1\r\n: empty", "GET / HTTP/1.1\r\nHost : a", "GET / HTTP/1.1\r\n folded: a",
            "CONNECT a:1 HTTP/1.1",
        ])
    func noHead(text: String) { #expect(RequestHead(Array(text.utf8)) == nil) }

    @Test("A field that is there twice has no value")
    func repeated() throws {
        let head = try #require(RequestHead(Array("GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n".utf8)))
        #expect(head["host"] == nil && head.isRepeated("host"))
    }

    @Test("A token is used once, a cookie of another server is none, and a HEAD uses no token")
    func token() {
        let admission = Admission(port: 8080, token: "secret")
        var request = Admission.Request(path: "/", query: "token=secret", host: "localhost:8080")
        request.method = "HEAD"
        #expect(admission.decide(request) == .refused(.stranger))
        request.method = "GET"
        guard case .exchange(let cookie) = admission.decide(request) else {
            Issue.record("the token was refused")
            return
        }
        #expect(admission.decide(request) == .refused(.usedToken))
        var page = Admission.Request(path: "/", host: "127.0.0.1:8080")
        page.cookies = "a=b; \(cookie.prefix { $0 != ";" }); c=d"
        #expect(admission.decide(page) == .page)
        #expect(Admission(port: 8080, token: "other").decide(page) == .refused(.stranger))
        #expect(Admission(port: 8081).decide(page) == .refused(.host))
    }
}
