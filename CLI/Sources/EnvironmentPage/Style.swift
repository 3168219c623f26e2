import EnvironmentDomain

/// The page's style sheet: one accent, five tones for states, both themes.
enum Style {
    static let text = colours + rules + lifecycle
    /// The style of a page that its server keeps current.
    static let live = text + places

    /// The colours of both themes, by name; every text colour has a contrast of at least 4.5 on every surface.
    private static let colours = """
        :root{color-scheme:light dark;
        --page:#f7f7f5;--card:#ffffff;--sunken:#f1f1ee;--line:#e2e2dc;--edge:#7d828b;
        --ink:#1d1f23;--muted:#5a5f67;--accent:#3b4cc0;--on:#ffffff;
        --done:#1d6a41;--failed:#b0281f;--waiting:#835000;--working:#3b4cc0;--idle:#5a5f67;
        --done-soft:#e7f3eb;--failed-soft:#fcedeb;--waiting-soft:#faf0dd;--working-soft:#ebedfb;--idle-soft:#ededea}
        @media (prefers-color-scheme:dark){:root{
        --page:#131518;--card:#1a1d21;--sunken:#21252a;--line:#31363d;--edge:#7b828c;
        --ink:#e7e8ea;--muted:#a2a8b1;--accent:#a3b3ff;--on:#131518;
        --done:#76cf9d;--failed:#ff948b;--waiting:#e9bb6b;--working:#a3b3ff;--idle:#a2a8b1;
        --done-soft:#1a2b22;--failed-soft:#331f1e;--waiting-soft:#2e2618;--working-soft:#22263c;--idle-soft:#272b30}}

        """

    private static let rules = """
        *{box-sizing:border-box}
        html{-webkit-text-size-adjust:100%;scrollbar-gutter:stable}
        body{margin:0 auto;padding:3rem 1.25rem 4rem;max-width:70rem;background:var(--page);color:var(--ink);
        font:0.9375rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif;
        font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
        code,pre,.name,.state,.key,del,ins,kbd{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",
        "Liberation Mono",monospace;font-size:0.8125rem}
        time{white-space:nowrap}
        h1,h2,h3,h4,p,dl,dd,ol,ul,pre{margin:0;padding:0}
        ol,ul{list-style:none}
        :focus-visible{outline:2px solid var(--accent);outline-offset:2px}
        html:not(.scripted) .tool{display:none}
        [hidden]{display:none}
        .definitions{position:absolute}
        .t-done{--tone:var(--done);--fill:var(--done);--round:50%;--turn:none}
        .t-failed{--tone:var(--failed);--fill:var(--failed);--round:1px;--turn:none}
        .t-waiting{--tone:var(--waiting);--fill:var(--waiting);--round:1px;--turn:rotate(45deg) scale(0.9)}
        .t-working{--tone:var(--working);--fill:var(--working);--round:50%;--turn:none}
        .t-idle{--tone:var(--idle);--fill:transparent;--round:50%;--turn:none}
        .dot{display:inline-block;flex:none;width:0.5rem;height:0.5rem;border:2px solid var(--tone);border-radius:var(--round);
        background:var(--fill);transform:var(--turn)}

        .eyebrow{color:var(--muted);font-size:0.8125rem;letter-spacing:0.02em}
        h1{font-size:clamp(1.6rem,1.2rem + 2vw,2.25rem);line-height:1.2;font-weight:650;letter-spacing:-0.02em;
        margin:0.15rem 0 0.6rem;text-wrap:balance}
        .place,.when{color:var(--muted);font-size:0.875rem}
        .when{display:flex;gap:0.6rem;white-space:nowrap}
        .zone{min-width:0;overflow:hidden;text-overflow:ellipsis}
        .tally{display:block;width:100%;height:0.5rem;margin:1.75rem 0 0.75rem;border-radius:0.25rem}
        .tally rect,.bar rect{fill:var(--tone)}
        .legend{display:flex;flex-wrap:wrap;gap:0.25rem 1.5rem;font-size:0.875rem;color:var(--muted)}
        .legend li{display:flex;align-items:center;gap:0.45rem}
        .legend b{color:var(--ink);font-weight:600}
        .tools{display:flex;align-items:center;gap:0.75rem;margin-top:1.5rem;color:var(--muted);font-size:0.875rem}
        .tools label{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
        .tools input{flex:0 1 20rem;min-width:0;height:2.25rem;padding:0 0.75rem;border:1px solid var(--edge);
        border-radius:0.5rem;background:var(--card);color:var(--ink);font:inherit;font-size:0.9375rem}
        .tools input::placeholder{color:var(--muted);opacity:1}
        kbd{padding:0.05rem 0.4rem;border:1px solid var(--line);border-radius:0.3rem;color:var(--muted);background:var(--card)}

        .group{margin-top:2.5rem}
        h2{font-size:1rem;font-weight:600;margin-bottom:0.6rem}
        .count{color:var(--muted);font-weight:400;margin-left:0.25rem}
        .list{border:1px solid var(--line);border-radius:0.75rem;background:var(--card);overflow:clip}
        .env+.env{border-top:1px solid var(--line)}
        .env>summary{display:grid;grid-template-columns:minmax(8rem,1.4fr) minmax(11rem,1fr) minmax(6rem,1.2fr) 6.5rem;
        gap:0.15rem 1rem;align-items:baseline;padding:0.7rem 1.25rem 0.7rem 2.4rem;cursor:pointer;position:relative;
        list-style:none}
        summary::-webkit-details-marker{display:none}
        .env>summary::before,.fold>summary::before,.run summary::before{content:"";position:absolute;width:0.4rem;height:0.4rem;
        border:solid var(--edge);border-width:0 1.5px 1.5px 0;transform:rotate(-45deg)}
        .env>summary::before{left:1.15rem;top:1.22rem}
        [open]>summary::before{transform:rotate(45deg)}
        .env>summary:hover{background:var(--sunken)}
        .env>summary:focus-visible{outline-offset:-2px;border-radius:0.7rem}
        .name{font-size:0.875rem;font-weight:600}
        .state{display:flex;align-items:baseline;gap:0.5rem;color:var(--tone)}
        .release,.age{color:var(--muted);font-size:0.875rem}
        .age{text-align:right;white-space:nowrap}
        .remark{grid-column:1/-1;color:var(--muted);font-size:0.875rem}
        .remark span{display:block}
        .t-failed>summary .remark{color:var(--failed)}
        .remark b{font-weight:600}
        .remark:empty{display:none}

        .body{padding:0.25rem 1.25rem 1.5rem 2.4rem}
        .next{display:flex;align-items:center;gap:0.75rem;padding:0.55rem 0.6rem 0.55rem 1rem;border-radius:0.5rem;
        background:var(--sunken)}
        .next .label{color:var(--muted);font-size:0.8125rem}
        .next code{flex:1;min-width:0}
        .copy{flex:none;width:5rem;height:2rem;border:1px solid var(--edge);border-radius:0.4rem;background:var(--card);
        color:var(--accent);font:inherit;font-size:0.8125rem;font-weight:600;cursor:pointer}
        .copy:hover{border-color:var(--accent)}
        .complaint{margin-top:0.75rem;padding:0.6rem 1rem;border-radius:0.5rem;background:var(--waiting-soft);
        color:var(--ink);font-size:0.875rem}
        .t-failed .complaint{background:var(--failed-soft)}
        .failure{margin-top:1.25rem}
        h3{font-size:0.9375rem;font-weight:600}
        h4{margin-top:0.9rem;font-size:0.8125rem;font-weight:400;color:var(--muted)}
        .aside{color:var(--muted);font-size:0.8125rem}
        .advice{margin-top:0.5rem;font-size:0.875rem;max-width:46rem}
        pre{margin-top:0.4rem;padding:0.75rem 1rem;border-radius:0.5rem;background:var(--sunken);line-height:1.55;
        overflow:auto;max-height:26rem;unicode-bidi:plaintext;white-space:pre;overflow-wrap:normal;tab-size:4}
        .fold{margin-top:1rem}
        .fold>summary,.run summary{position:relative;cursor:pointer;list-style:none;padding-left:1.1rem}
        .fold>summary{font-size:0.875rem;font-weight:600;width:fit-content}
        .fold>summary::before{left:0.1rem;top:0.42rem}
        .fold>.aside{margin-top:0.4rem}

        .lifecycle{margin-top:1.5rem;padding:1rem 0;border-block:1px solid var(--line)}
        .lifecycle svg{display:block;width:100%;height:auto}
        .lifecycle .tall{display:none;max-width:22rem}
        .s rect{fill:var(--card);stroke:var(--line)}
        .s text{font-size:11.5px;text-anchor:middle}
        .note{font-size:11px;fill:var(--muted)}
        .arrow{fill:none;stroke:var(--edge);stroke-width:1.2}
        .removal{stroke-dasharray:3 3}

        .columns{display:grid;grid-template-columns:minmax(0,1.7fr) minmax(0,1fr);gap:1.75rem 2.5rem;margin-top:1.5rem}
        .timeline>ol{margin-top:0.4rem}
        .run{border-top:1px solid var(--line);padding:0.5rem 0}
        .run:first-child{border-top:0}
        .head{display:grid;grid-template-columns:minmax(5rem,1fr) minmax(6.5rem,1fr) auto 5.5rem;gap:0 1rem;
        align-items:baseline;padding-left:1.1rem;font-size:0.875rem}
        .run summary::before{left:0.1rem;top:0.42rem}
        .command{font-weight:600}
        .outcome{display:flex;align-items:baseline;gap:0.5rem;color:var(--tone)}
        .head .at{color:var(--muted)}
        .took{color:var(--muted);text-align:right;white-space:nowrap;font-size:0.875rem}
        .run>.aside,.run details>.aside{padding-left:1.1rem}
        .steps{padding:0.4rem 0 0.25rem 1.1rem}
        .steps li{display:grid;grid-template-columns:minmax(0,1fr) 5.5rem;gap:0 1rem;padding:0.2rem 0;align-items:baseline;
        font-size:0.875rem}
        .ending,.attempts{margin-left:0.6rem;font-size:0.8125rem;color:var(--tone)}
        .attempts{color:var(--muted)}
        .bar{grid-column:1/-1;display:block;margin-top:0.15rem;width:100%;height:0.3rem;border-radius:0.15rem;background:var(--sunken)}

        .facts{display:grid;grid-template-columns:5.5rem minmax(0,1fr);gap:0.45rem 1rem;font-size:0.875rem}
        .facts dt{color:var(--muted)}
        .values li+li{margin-top:0.2rem}
        .key{color:var(--muted)}
        .changes ul{margin-top:0.5rem}
        .changes li{padding:0.35rem 0;border-top:1px solid var(--line);font-size:0.8125rem}
        .changes li:first-child{border-top:0}
        del,ins{display:block;padding-left:1.1rem;text-decoration:none;position:relative}
        del{color:var(--failed)}
        ins{color:var(--done)}
        del::before,ins::before{position:absolute;left:0}
        del::before{content:"−"}
        ins::before{content:"+"}
        .none{margin-top:2.5rem;color:var(--muted)}
        footer{margin-top:3rem;color:var(--muted);font-size:0.8125rem}

        @media (max-width:56rem){
        .columns{grid-template-columns:minmax(0,1fr)}}
        @media (max-width:44rem){
        body{padding:1.75rem 1rem 3rem}
        .env>summary{grid-template-columns:minmax(0,1fr) auto;padding:0.75rem 1rem 0.75rem 2rem}
        .env>summary::before{left:0.85rem;top:1.3rem}
        .body{padding:0.25rem 1rem 1.25rem}
        .age{grid-area:1/2}
        .state,.release{grid-column:1/-1}
        .release:empty{display:none}
        .next{flex-wrap:wrap;row-gap:0.25rem}
        .next .label{flex-basis:100%}
        .lifecycle .wide{display:none}
        .lifecycle .tall{display:block}
        .head{grid-template-columns:minmax(0,1fr) auto}
        .head .at{font-size:0.8125rem}
        .facts{grid-template-columns:4.75rem minmax(0,1fr)}
        kbd{display:none}}
        @media print{
        body{max-width:none;padding:0}
        .tool{display:none}
        .env{break-inside:avoid}}
        @media (forced-colors:active){
        .dot,.tally rect,.bar rect{forced-color-adjust:none}}

        """

    /// Room for everything that can come, so that nothing moves when it does.
    private static let places = """
        .legend{display:grid;grid-template-columns:repeat(auto-fill,minmax(8rem,1fr))}
        h1{white-space:nowrap;overflow:hidden;text-overflow:ellipsis;text-wrap:nowrap}
        main{margin-top:2.5rem}
        .list:not(:has(.env)){display:none}
        .list:has(.env)+.none{display:none}
        .none{margin-top:0}
        .env>summary>*{min-width:0}
        .state,.release,.remark{min-height:1.4rem;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
        .release:empty,.remark:empty{display:block}
        .release:empty::before,.remark:empty::before{content:"\u{200B}"}
        .remark span{display:inline}
        .remark span+span::before{content:" · "}
        .env[open]>summary .remark{white-space:normal}
        .link:not([hidden]){display:flex}
        .link{position:fixed;right:1rem;bottom:1rem;align-items:baseline;gap:0.6rem;
        width:max-content;max-width:calc(100vw - 2rem);max-height:8rem;overflow:auto;padding:0.4rem 0.9rem;
        border:1px solid var(--line);border-radius:1rem;background:var(--card);font-size:0.875rem}
        .link.t-waiting,.link.t-failed{border-color:var(--tone)}
        .link.t-waiting{background:var(--waiting-soft)}
        .link.t-failed{background:var(--failed-soft);z-index:1}
        .link .dot{position:relative;top:-0.05em}
        .link time{white-space:nowrap}
        body{padding-bottom:7rem}
        @media (max-width:44rem){
        .env>summary{grid-template-columns:minmax(0,1fr) minmax(0,auto)}
        .state{grid-column:1}
        .release{grid-column:2;text-align:right}}
        @media print{.link{display:none}}

        """

    /// The marks of the lifecycle: the picture is in the page once, and takes the colours from where it is shown.
    private static let lifecycle = LifecycleState.allCases.map { state in
        """
        .s-\(state) rect{fill:var(--fill-\(state),var(--card));stroke:var(--stroke-\(state),var(--line))}
        .s-\(state) text{fill:var(--text-\(state),var(--muted))}
        .was-\(state){--stroke-\(state):var(--edge);--text-\(state):var(--ink)}
        .now-\(state){--fill-\(state):var(--tone);--stroke-\(state):var(--tone);--text-\(state):var(--on)}

        """
    }.joined()
}
