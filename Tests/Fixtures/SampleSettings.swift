import Classification
import Training

extension RunSettings {
  /// Settings of a run that never took place.
  public static func sample(_ variant: String = "3VA", trainExamples: Int = 1000, data: String = "data")
    throws
    -> RunSettings
  {
    RunSettings(
      variant: try Variant(variant), model: ModelIdentity(name: "model", digest: "m"),
      data: DataIdentity(
        name: data, digest: "d", trainExamples: trainExamples, validationExamples: 100, testExamples: 200),
      text: TextSettings(maximumLength: 16), network: NetworkSettings(), training: TrainingOptions(),
      threads: 2)
  }
}
