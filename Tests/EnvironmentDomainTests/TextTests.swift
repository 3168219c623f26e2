import EnvironmentDomain
import OperatingSystem
import Testing

@Suite("Text of a program")
struct TextTests {
    @Test(
        "is shown without escape sequences, and with a space for any other control character",
        arguments: [
            ("plain grüße ✓", "plain grüße ✓"), ("\u{1B}[31mred\u{1B}[0m", "red"), ("\u{1B}[1;38;5;200mx\u{1B}[m", "x"),
            ("\u{1B}]0;title\u{07}x", "x"), ("\u{1B}]8;;http://a\u{1B}\\link\u{1B}]8;;\u{1B}\\", "link"),
            ("\u{1B}(Bx\u{1B}7y\u{1B}cz", "xyz"), ("\u{9B}31mred", "red"), ("\u{9D}0;title\u{9C}x", "x"),
            ("\u{1B}P1$r0m\u{1B}\\x", "x"), ("a\u{1B}", "a "), ("a\u{1B}[3", "a [3"),
            ("\u{1B}]0;never ends", " ]0;never ends"),
            ("a\u{07}b\u{08}c\u{7F}d\u{85}e", "a b c d e"), ("a\tb\nc", "a b c"), ("\u{1B}[31\u{1B}[0mx", " [31x"),
            ("\u{1B}[2J\u{1B}[1;1H", ""), ("e\u{301}\u{1B}[0m\u{200D}", "e\u{301}\u{200D}"),
        ])
    func controls(text: String, shown: String) {
        #expect(Array(text.withoutControlCharacters.unicodeScalars) == Array(shown.unicodeScalars))
    }

    @Test(
        "that is rewritten after a carriage return is shown in its last state",
        arguments: [
            ("10 %\r50 %\r100 %", "100 %"), ("done\r", "done"), ("10 %\r\u{1B}[K100 %\r", "100 %"),
            ("10 %\r\u{1B}[2K", "10 %"), ("\r\r", ""), ("a\rb\r   \r", "b"), ("no return", "no return"),
            ("\u{1B}[32m10 %\r\u{1B}[32m20 %\u{1B}[0m", "20 %"),
        ])
    func progress(line: String, shown: String) {
        #expect(line.asPrinted == shown)
    }

    @Test(
        "is split at ASCII characters, even before combining characters",
        arguments: [
            ("a=b", ["a", "b"]), ("a=\u{200D}b", ["a", "\u{200D}b"]),
            ("a=\u{301}=\u{FE0F}", ["a", "\u{301}", "\u{FE0F}"]),
            ("=", ["", ""]), ("", [""]),
        ])
    func parts(text: String, parts: [String]) {
        #expect(text.parts(at: "=", omittingEmpty: false) == parts)
        #expect(text.has("=") == (parts.count > 1))
    }

    @Test(
        "has lines that end with a line feed, with or without a carriage return before it",
        arguments: [
            ("a\nb\n", ["a", "b"]), ("a\r\nb\r\n", ["a", "b"]), ("a\r\n\r\nb", ["a", "", "b"]), ("", []), ("\n", [""]),
            ("a\rb\n", ["a\rb"]), ("a\r\r\n", ["a\r"]), ("\u{301}\n\u{301}", ["\u{301}", "\u{301}"]),
        ])
    func lines(text: String, lines: [String]) {
        #expect(text.textLines == lines)
    }

    @Test("is a path whichever combining characters it has")
    func paths() throws {
        #expect(try absolutePath("/\u{301}a/\u{200D}b") == "/\u{301}a/\u{200D}b")
        #expect(parentPath(of: "/\u{301}a/\u{200D}b") == "/\u{301}a")
        #expect(lastComponent(of: "/\u{301}a/\u{200D}b") == "\u{200D}b")
        #expect((try? AbsolutePath("/\u{301}a"))?.text == "/\u{301}a")
    }
}
