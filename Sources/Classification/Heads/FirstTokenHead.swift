extension HeadKind {
  /// VC: [CLS] as the last block leaves it, without the pooler.
  /// - Source: Sun et al. 2019, "How to Fine-Tune BERT for Text Classification?", 5.3.
  public static let firstToken = HeadKind("VC", "raw CLS", reads: .firstToken) { LinearHead($0) }
}
