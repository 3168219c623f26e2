/// An answer of the page's server; the connection is closed behind it.
struct PageResponse: Sendable {
    let status: Status
    var fields: [(name: String, value: String)]
    var body: [UInt8] = []

    enum Status: Int, Sendable {
        case ok = 200
        case seeOther = 303
        case badRequest = 400
        case forbidden = 403
        case notFound = 404
        case methodNotAllowed = 405
        case misdirectedRequest = 421
        case headTooLarge = 431
        case unavailable = 503

        var phrase: String {
            switch self {
            case .ok: "OK"
            case .seeOther: "See Other"
            case .badRequest: "Bad Request"
            case .forbidden: "Forbidden"
            case .notFound: "Not Found"
            case .methodNotAllowed: "Method Not Allowed"
            case .misdirectedRequest: "Misdirected Request"
            case .headTooLarge: "Request Header Fields Too Large"
            case .unavailable: "Service Unavailable"
            }
        }
    }

    /// The page is not kept, not framed, and not read by other pages.
    init(_ status: Status, type: String = "text/html; charset=utf-8") {
        self.status = status
        fields = [
            ("Content-Type", type), ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"),
            ("X-Frame-Options", "DENY"), ("Content-Security-Policy", "frame-ancestors 'none'"),
            ("Referrer-Policy", "no-referrer"), ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cross-Origin-Resource-Policy", "same-origin"), ("Connection", "close"),
        ]
    }

    init(_ status: Status, _ text: String) {
        self.init(status)
        body = Array(text.utf8)
        fields.append(("Content-Length", "\(body.count)"))
    }

    /// The bytes of the first line and the fields.
    var head: [UInt8] {
        let lines = ["HTTP/1.1 \(status.rawValue) \(status.phrase)"] + fields.map { "\($0.name): \($0.value)" }
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    /// The answer to a request that is not granted.
    init(_ refusal: Admission.Refusal) {
        let (status, sentence): (Status, String) =
            switch refusal {
            case .method: (.methodNotAllowed, "The page can only be read.")
            case .host: (.misdirectedRequest, "This is not the address of the page.")
            case .origin, .stranger:
                (
                    .forbidden,
                    "The page is for the browser that opened the address which \(Tool.name) ui printed. If that is this one, "
                        + "<a href=\"/\">continue</a>; otherwise run \(Tool.name) ui again and open the new address."
                )
            case .usedToken:
                (
                    .forbidden,
                    "The address was opened before, and opens the page once. Run \(Tool.name) ui again for a new one."
                )
            case .unknownPath: (.notFound, "There is only <a href=\"/\">one page</a>.")
            }
        self.init(
            status,
            """
            <!DOCTYPE html><html lang="en"><meta charset="utf-8"/><meta name="color-scheme" content="light dark"/>\
            <title>Not the page</title><p>\(sentence)</p></html>

            """)
        if refusal == .method { fields.append(("Allow", "GET, HEAD")) }
    }
}
