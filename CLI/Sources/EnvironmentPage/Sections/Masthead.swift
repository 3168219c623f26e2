import EnvironmentDomain

/// The top of the page: the answer to whether something is wrong, and the numbers.
struct Masthead {
    let location: String
    let readAt: Timestamp
    let entries: [Entry]
    /// Whether a browser shows the page while environments change, so that every number has a place that stays.
    var isLive = false

    /// One sentence that says how the environments are.
    var headline: String {
        let troubled = entries.count(where: \.condition.needsAttention)
        switch (entries.count, troubled) {
        case (0, _): return "No environments"
        case (1, 0): return "\(entries[0].environment.name) is \(entries[0].condition.word)"
        case (1, _): return "\(entries[0].environment.name) needs attention"
        case (let count, 0): return "None of \(count) needs attention"
        case (let count, 1): return "1 of \(count) needs attention"
        case (let count, _): return "\(troubled) of \(count) need attention"
        }
    }

    /// The title of the page.
    var title: String { "\(headline) · environments" }

    /// How many environments are in each condition.
    private var counts: [(condition: Condition, tone: Tone, count: Int)] {
        Condition.allCases.map { condition in
            (condition, condition.tone, entries.count { $0.condition == condition })
        }
    }

    var markup: HTML {
        """
        <header class="masthead" id="masthead">
        <p class="eyebrow">Environments</p>
        <h1>\(headline)</h1>
        <p class="place">\(HTML.isolated(location))</p>
        <p class="when"><span>as of \(readAt)</span> <span class="zone">UTC</span></p>
        \(entries.count > 1 || isLive ? tally : nil)
        </header>
        """
    }

    /// A bar of all environments by condition, and its legend.
    private var tally: HTML {
        let total = max(1, entries.count)
        var start = 0
        let bars = counts.filter { $0.count > 0 }.map { part -> HTML in
            defer { start += part.count }
            let (left, right) = (start * 10_000 / total, (start + part.count) * 10_000 / total)
            // Between two parts is a gap, and the smallest part can be seen.
            let gap = start + part.count == total ? 0 : 20
            return """
                <rect class="t-\(part.tone.rawValue)" x="\(left)" width="\(max(right - left - gap, 20))" height="8"/>
                """
        }
        let legend = counts.filter { $0.count > 0 || isLive }.map { part -> HTML in
            """
            <li class="t-\(part.tone.rawValue)"><span class="dot"></span><b>\(part.count)</b> \(part.condition.word)</li>
            """
        }
        return """
            <svg class="tally" viewBox="0 0 10000 8" preserveAspectRatio="none" aria-hidden="true">\(bars)</svg>
            <ul class="legend">\(legend)</ul>
            <p class="tools tool"><label for="filter">Filter</label><input id="filter" type="search" autocomplete="off" \
            spellcheck="false" placeholder="name, state, release"/><kbd>/</kbd><span id="found" role="status"></span></p>
            """
    }
}
