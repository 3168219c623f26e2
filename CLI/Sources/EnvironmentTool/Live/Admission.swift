import EnvironmentDomain
import Synchronization

/// Decides which requests the live page answers: those of the browser that was given the address.
///
/// The address holds a token that works once and is exchanged for a cookie. A page of another origin, also one that a name
/// leads to this machine, gets nothing.
final class Admission: Sendable {
    private let port: UInt16
    private let token: String
    private let secret = RandomID<PagePurpose>.random().text
    private let isTokenUsed = Mutex(false)

    init(port: UInt16, token: String = RandomID<PagePurpose>.random().text) {
        self.port = port
        self.token = token
    }

    /// What is done with a request.
    enum Decision: Hashable {
        case page
        case events
        /// The token was right: the browser gets the cookie and asks for the page.
        case exchange(cookie: String)
        case refused(Refusal)
    }

    enum Refusal: Hashable {
        case method, host, origin, stranger, usedToken, unknownPath
    }

    /// The part of a request that the decision depends on.
    struct Request {
        var method = "GET"
        /// The path as it was sent, before anything is decoded.
        var path: String
        var query = ""
        var host: String?
        var origin: String?
        /// `Sec-Fetch-Site`, with which a browser says from where a request comes.
        var fetchSite: String?
        var cookies: String?
    }

    /// The address that opens the page once.
    var address: String { "http://127.0.0.1:\(port)/?token=\(token)" }

    /// Cookies are sent to every port of a host, so that each server has a name of its own.
    private var cookieName: String { "environments-\(port)" }

    func decide(_ request: Request) -> Decision {
        guard ["GET", "HEAD"].contains(request.method) else { return .refused(.method) }
        let hosts = ["127.0.0.1:\(port)", "localhost:\(port)"]
        // A name of somebody else's that leads here is no host of this page.
        guard let host = request.host, hosts.contains(host) else { return .refused(.host) }
        if let origin = request.origin, origin != "http://\(host)" { return .refused(.origin) }
        let isKnown = isKnown(request.cookies)
        if request.path == "/", !request.query.isEmpty { return exchange(request, isKnown: isKnown) }
        // What is of the same site can be another port's.
        guard [nil, "same-origin", "none"].contains(request.fetchSite) else { return .refused(.origin) }
        guard isKnown else { return .refused(.stranger) }
        switch request.path {
        case "/": return .page
        case "/events": return .events
        default: return .refused(.unknownPath)
        }
    }

    private func exchange(_ request: Request, isKnown: Bool) -> Decision {
        guard Self.isSame(request.query, "token=\(token)") else { return .refused(.stranger) }
        if isKnown { return .exchange(cookie: cookie) }
        // Who only asks for the head of a page does not show it.
        guard request.method == "GET" else { return .refused(.stranger) }
        return isTokenUsed.withLock { isUsed in
            guard !isUsed else { return .refused(.usedToken) }
            isUsed = true
            return .exchange(cookie: cookie)
        }
    }

    private var cookie: String { "\(cookieName)=\(secret); Path=/; HttpOnly; SameSite=Strict" }

    private func isKnown(_ cookies: String?) -> Bool {
        (cookies ?? "").split(separator: ";").contains { pair in
            let pair = pair.drop { $0 == " " }
            return Self.isSame(String(pair), "\(cookieName)=\(secret)")
        }
    }

    /// Compares texts in a time that does not tell how much of them is the same.
    private static func isSame(_ text: String, _ secret: String) -> Bool {
        let (left, right) = (Array(text.utf8), Array(secret.utf8))
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

/// The secrets of a live page.
enum PagePurpose: RandomIDPurpose { static let kind = "secret of a page" }
