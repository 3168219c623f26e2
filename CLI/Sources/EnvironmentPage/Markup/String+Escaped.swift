import CommandLineProgram

extension String {
    /// The text for markup and for a quoted attribute.
    ///
    /// What a reader cannot see is written as `⟦U+202E⟧`: marks that change the direction of writing, characters without
    /// width, controls.
    var escaped: String {
        guard utf8.contains(where: \.needsCare) else { return self }
        var text = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\"": text += "&quot;"
            case "'": text += "&#39;"
            case "\n", "\t": text.unicodeScalars.append(scalar)
            default:
                if scalar.isHidden {
                    let digits = String(scalar.value, radix: 16, uppercase: true)
                    text += "⟦U+\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits)⟧"
                } else {
                    text.unicodeScalars.append(scalar)
                }
            }
        }
        return text
    }

    /// The text on one line, without escape sequences and not longer than the limit (Unicode scalars).
    func onOneLine(limit: Int) -> String { shortened(to: limit * 4).onOneLine.shortened(to: limit) }

    /// A printed line as a terminal shows it in the end, not longer than the limit (Unicode scalars).
    func asPrintedLine(limit: Int) -> String { shortened(to: limit * 16).asPrintedLine.shortened(to: limit) }

    /// One character can consist of any number of scalars, so that these are counted.
    private func shortened(to limit: Int) -> String {
        guard utf8.count > limit, let end = unicodeScalars.index(startIndex, offsetBy: limit, limitedBy: endIndex),
            end < endIndex
        else { return self }
        return String(unicodeScalars[..<end]) + "…"
    }
}

extension UInt8 {
    /// Whether a text with this byte may have something to escape.
    fileprivate var needsCare: Bool {
        self < 0x20 || self >= 0x7F
            || [UInt8(ascii: "&"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""), UInt8(ascii: "'")]
                .contains(self)
    }
}

extension Unicode.Scalar {
    /// Whether a reader cannot see it although it changes what is seen, or what is copied.
    fileprivate var isHidden: Bool {
        switch value {
        // Joiners, which emoji and several scripts need.
        case 0x200C, 0x200D: return false
        // Fillers of Korean syllables, and characters that Unicode will never assign.
        case 0x115F, 0x1160, 0x3164, 0xFFA0, 0xFDD0...0xFDEF: return true
        case _ where value & 0xFFFE == 0xFFFE: return true
        default: break
        }
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: return true
        default: return false
        }
    }
}
