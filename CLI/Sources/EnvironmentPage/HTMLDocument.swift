/// The whole of a page: what a browser needs to know of it, its style, its script and its body.
struct HTMLDocument {
    let title: String
    let generator: String
    let style: String
    let script: String
    /// Whether the page asks the server that it came from for what is new.
    let isConnected: Bool
    let body: HTML

    var markup: HTML {
        """
        <html lang="en">
        <head>
        <meta charset="utf-8"/>
        <meta http-equiv="Content-Security-Policy" content="\(HTML(stringLiteral: policy))"/>
        <meta name="viewport" content="width=device-width, initial-scale=1"/>
        <meta name="color-scheme" content="light dark"/>
        <meta name="referrer" content="no-referrer"/>
        <meta name="generator" content="\(generator)"/>
        <title>\(title)</title>
        <style>\(HTML(stringLiteral: style))</style>
        <script>\(HTML(stringLiteral: script))</script>
        </head>
        <body>
        \(body)
        </body>
        </html>

        """
    }

    /// Only this page's own style and script; nothing else is loaded, sent or framed.
    private var policy: String {
        "default-src 'none'; style-src \(ContentHash.source(of: style)); script-src \(ContentHash.source(of: script)); "
            + (isConnected ? "connect-src 'self'; " : "") + "base-uri 'none'; form-action 'none'"
    }
}
