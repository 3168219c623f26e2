import Testing

@testable import EnvironmentPage

@Suite("Text in the page")
struct EscapingTests {
    @Test(
        "What is markup is escaped, and what cannot be seen is named",
        arguments: [
            ("plain text", "plain text"), ("<b>&\"'", "&lt;b&gt;&amp;&quot;&#39;"),
            ("tab\tand\nline", "tab\tand\nline"),
            ("grüße 日本 👩‍👩‍👧", "grüße 日本 👩‍👩‍👧"), ("a\u{202E}b", "a⟦U+202E⟧b"), ("\u{2066}x\u{2069}", "⟦U+2066⟧x⟦U+2069⟧"),
            ("a\u{200B}b\u{FEFF}", "a⟦U+200B⟧b⟦U+FEFF⟧"), ("a\u{0}b\u{7F}\u{85}", "a⟦U+0000⟧b⟦U+007F⟧⟦U+0085⟧"),
            ("\u{2028}\u{2029}", "⟦U+2028⟧⟦U+2029⟧"), ("\u{E0041}", "⟦U+E0041⟧"), ("\u{3164}", "⟦U+3164⟧"),
            ("\u{FFFE}", "⟦U+FFFE⟧"), ("\r", "⟦U+000D⟧"), ("\u{AD}", "⟦U+00AD⟧"), ("", ""),
        ])
    func escaped(text: String, expected: String) {
        #expect(text.escaped == expected)
    }

    @Test("No escaped text holds a byte that begins markup", arguments: HostileText.markup)
    func noMarkup(text: String) {
        #expect(!text.escaped.contains { "<>\"'".contains($0) })
        #expect(!HTML.isolated(text).text.dropFirst(5).dropLast(6).contains { "<>\"'".contains($0) })
        #expect(!HTML.lines([text]).text.contains { "<>\"'".contains($0) })
    }

    @Test("An interpolated text is escaped, and interpolated markup is not")
    func interpolation() {
        let (name, inner) = ("<b>", "<i>&amp;</i>" as HTML)
        #expect(
            ("<p title=\"\(name)\">\(inner)\(name)</p>" as HTML).text
                == "<p title=\"&lt;b&gt;\"><i>&amp;</i>&lt;b&gt;</p>")
    }

    @Test("Escape sequences and control characters are left out of lines, and of values")
    func terminal() {
        #expect(HTML.lines(["\u{1B}[31mred\u{1B}[0m", "10 %\r20 %"]).text == "red\n20 %")
        #expect(HTML.isolated("a\u{1B}]0;title\u{07}b\nc").text == "<bdi>ab c</bdi>")
    }

    @Test("A text without end is cut, also one that is a single character")
    func limits() {
        #expect(HTML.isolated(String(repeating: "x", count: 100_000)).text.unicodeScalars.count < 320)
        #expect(HTML.lines(["a" + String(repeating: "\u{301}", count: 100_000)]).text.unicodeScalars.count < 520)
        #expect("abc".onOneLine(limit: 3) == "abc")
        #expect("abcd".onOneLine(limit: 3) == "abc…")
    }
}

@Suite("The hash of an inline script")
struct ContentHashTests {
    @Test(
        "It is that of the standard's examples",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
            (
                String(repeating: "a", count: 1000),
                "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3"
            ),
        ])
    func digest(text: String, expected: String) {
        let digits = ContentHash.digest(Array(text.utf8)).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        #expect(digits.joined() == expected)
    }

    @Test("A policy names it in base 64")
    func source() {
        #expect(ContentHash.source(of: "") == "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='")
    }
}
