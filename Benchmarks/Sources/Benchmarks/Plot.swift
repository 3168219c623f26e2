import Foundation

/// A plot with a bar for each contestant's median and a line to its p99, on a logarithmic scale.
struct Plot {
    let panels: [(title: String, bars: [Series], ours: Set<String>)]

    var svg: String {
        let left = 330.0
        let width = 860.0
        let step = 26.0
        var y = 10.0
        var body = ""
        for panel in panels where !panel.bars.isEmpty {
            let low = pow(10, floor(log10((panel.bars.map(\.median).min() ?? 1) * 0.9)))
            let high = pow(10, ceil(log10((panel.bars.map(\.p99).max() ?? 10) * 1.1)))
            func x(_ value: Double) -> Double {
                left + (width - left - 90) * (log10(value) - log10(low)) / (log10(high) - log10(low))
            }
            y += 22
            body += "<text x=\"10\" y=\"\(y)\" font-weight=\"bold\">\(panel.title)</text>\n"
            y += 12
            let bottom = y + step * Double(panel.bars.count)
            var tick = low
            while tick <= high * 1.01 {
                body += "<line x1=\"\(x(tick))\" x2=\"\(x(tick))\" y1=\"\(y)\" y2=\"\(bottom)\" stroke=\"#ccc\"/>\n"
                body += "<text x=\"\(x(tick))\" y=\"\(bottom + 14)\" text-anchor=\"middle\">\(label(tick))</text>\n"
                tick *= 10
            }
            for series in panel.bars {
                let colour = panel.ours.contains(series.name) ? "#d9480f" : "#74a3c7"
                let middle = y + step / 2
                body += "<text x=\"\(left - 8)\" y=\"\(middle + 4)\" text-anchor=\"end\">\(series.name)</text>\n"
                body += "<rect x=\"\(left)\" y=\"\(y + 4)\" width=\"\(x(series.median) - left)\" height=\"\(step - 8)\""
                body += " fill=\"\(colour)\"/>\n"
                body += "<line x1=\"\(x(series.median))\" x2=\"\(x(series.p99))\" y1=\"\(middle)\" y2=\"\(middle)\""
                body += " stroke=\"#333\"/>\n"
                body += "<text x=\"\(x(series.p99) + 6)\" y=\"\(middle + 4)\">\(duration(series.median))</text>\n"
                y += step
            }
            y = bottom + 22
        }
        return """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(Int(width))" height="\(Int(y + 6))" \
            font-family="sans-serif" font-size="12">
            <rect width="100%" height="100%" fill="#fff"/>
            \(body)</svg>

            """
    }

    private func label(_ nanoseconds: Double) -> String {
        switch nanoseconds {
        case ..<1e6: "\(Int((nanoseconds / 1e3).rounded())) µs"
        case ..<1e9: "\(Int((nanoseconds / 1e6).rounded())) ms"
        default: "\(Int((nanoseconds / 1e9).rounded())) s"
        }
    }
}
