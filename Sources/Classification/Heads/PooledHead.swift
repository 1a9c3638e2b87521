extension HeadKind {
  /// VA: the pooler's output of [CLS], as `BertForSequenceClassification`.
  public static let pooled = HeadKind("VA", "CLS", reads: .pooledFirstToken) { LinearHead($0) }
}
