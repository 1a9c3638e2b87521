import Torch
print(Engine.version, Engine.cpuCapability, Engine.hasFastBFloat16)
let a = Tensor([1,2,3,4] as [Float], shape: [2,2])
a.requiresGradient = true
let b = (a * a).sum(); b.backward(); print(a.gradient!.array(Float.self))
let l = BiLSTM(3, hiddenSize: 2); l.initialize(); print(l(.normal([5,3]), lengths: [2,3]).shape, l.parameterCount)

