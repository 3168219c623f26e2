import Foundation
import Testing

@testable import EnvironmentPage

@Suite("The colours of the page")
struct ContrastTests {
    enum Theme: CaseIterable { case light, dark }

    /// The colours of a theme by name, as they are in the style sheet.
    private static func colours(_ theme: Theme) throws -> [String: [Double]] {
        let dark = try #require(Style.text.firstRange(of: "@media (prefers-color-scheme:dark){:root{"))
        let end = try #require(Style.text[dark.upperBound...].firstRange(of: "}}"))
        let text = theme == .light ? Style.text[..<dark.lowerBound] : Style.text[dark.upperBound..<end.lowerBound]
        return Dictionary(
            uniqueKeysWithValues: try text.matches(of: /--([a-z-]+):#([0-9a-f]{6})/).map { match in
                let value = try #require(Int(match.2, radix: 16))
                return (String(match.1), [16, 8, 0].map { Double(value >> $0 & 255) / 255 })
            })
    }

    /// The contrast ratio of WCAG 2.2.
    private static func contrast(_ one: [Double], _ other: [Double]) -> Double {
        func luminance(_ colour: [Double]) -> Double {
            let linear = colour.map { $0 <= 0.04045 ? $0 / 12.92 : pow(($0 + 0.055) / 1.055, 2.4) }
            return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        }
        let (light, dark) = (max(luminance(one), luminance(other)), min(luminance(one), luminance(other)))
        return (light + 0.05) / (dark + 0.05)
    }

    @Test("Every text can be read on every surface, in both themes", arguments: Theme.allCases)
    func text(theme: Theme) throws {
        let colours = try Self.colours(theme)
        let tones = ["done", "failed", "waiting", "working", "idle"]
        var pairs: [(String, String)] = []
        for ink in ["ink", "muted", "accent"] + tones {
            for surface in ["page", "card", "sunken"] { pairs.append((ink, surface)) }
        }
        for tone in tones { pairs += [("on", tone), ("ink", "\(tone)-soft"), (tone, "\(tone)-soft")] }
        for (ink, surface) in pairs {
            let ratio = Self.contrast(try #require(colours[ink]), try #require(colours[surface]))
            #expect(ratio >= 4.5, "\(ink) on \(surface): \(ratio)")
        }
    }

    @Test("The edges of fields, buttons and marks can be seen, in both themes", arguments: Theme.allCases)
    func edges(theme: Theme) throws {
        let colours = try Self.colours(theme)
        for surface in ["page", "card", "sunken"] {
            let ratio = Self.contrast(try #require(colours["edge"]), try #require(colours[surface]))
            #expect(ratio >= 3, "edge on \(surface): \(ratio)")
        }
    }

    @Test("Both themes have the same colours, and no colour is written elsewhere")
    func names() throws {
        #expect(try Self.colours(.light).keys.sorted() == Self.colours(.dark).keys.sorted())
        #expect(
            Style.text.matches(of: /#[0-9a-f]{3,8}\b/).count
                == (try Self.colours(.light).count) + (try Self.colours(.dark).count))
        for match in Style.text.matches(of: /var\(--(page|card|sunken|line|edge|ink|muted|accent|on|[a-z]+-soft)[,)]/) {
            #expect(try Self.colours(.light)[String(match.1)] != nil, "\(match.1)")
        }
    }
}
