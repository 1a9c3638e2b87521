/// What the attention page adds to a page's look.
enum AttentionStyle {
  /// The bands of a highlighted text, the first of which is not coloured.
  static let bands = ["", "#FDA895", "#FE7D61", "#FC5430", "#FF2D00"]
  /// What speaks against, or what fine-tuning took away
  static let against = ["", "#A9CDEB", "#79B4E2", "#4C9BDA", "#0F7FD0"]

  static let css = """
    nav button, #save button, form button { font: inherit; padding: .3rem .8rem; border: 1px solid var(--line); background: var(--paper); color: var(--ink); border-radius: 4px; cursor: pointer }
    nav button[aria-selected=true] { background: #0072B2; color: #fff; border-color: #0072B2 }
    #controls { display: flex; flex-wrap: wrap; gap: .5rem 1.2rem; align-items: center; margin: .8rem 0; font-size: 14px }
    #controls select, #controls input { font: inherit; background: var(--paper); color: var(--ink); border: 1px solid var(--line); border-radius: 3px }
    #controls fieldset { border: 1px solid var(--line); padding: .2rem .6rem .4rem; display: grid; gap: 2px }
    #controls fieldset label { font-size: 11px; display: inline-flex; align-items: center; margin-right: 3px }
    #stage { overflow-x: auto; min-height: 8rem } #stage svg { width: auto; max-width: none; display: block }
    #stage text { fill: currentColor; font: 12px system-ui, "Helvetica Neue", Arial, sans-serif }
    .text { line-height: 1.9; font-size: 16px; overflow-wrap: anywhere }
    .text span[data-band] { padding: .1em 0; border-radius: 3px; cursor: pointer }
    .text span[data-band]:not([data-band="0"]) { color: #1b1b1b }
    .text span.from { outline: 2px solid #0072B2; outline-offset: 1px }
    \((1...4).map { ".band\($0) { background: \(bands[$0]) } .against\($0) { background: \(against[$0]) }" }.joined(separator: "\n"))
    .legend { font-size: 13px; color: var(--soft) } .legend i { display: inline-block; width: 1.6em; height: .9em; margin: 0 .3em 0 .8em; vertical-align: -1px; border: 1px solid var(--line) }
    form { margin-bottom: 1rem } form label { display: block; margin-bottom: .4rem } textarea { display: block; width: 100%; box-sizing: border-box; margin-bottom: .4rem; font: inherit; background: var(--paper); color: var(--ink); border: 1px solid var(--line) }
    #note, #status { color: var(--soft); font-size: 13px }
    .thumb { cursor: pointer } .thumb:hover rect, .thumb:focus rect { stroke: #0072B2; stroke-width: 2 } .token { cursor: pointer }
    @media print { nav, #controls, #save, form { display: none } }
    """
}
