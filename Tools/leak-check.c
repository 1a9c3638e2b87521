// Creates and drops a million tensors through the shim, for Tools/leak-check.
#include <stdio.h>

#include "ctorch.h"

int main(int argc, char **argv) {
  const int64_t sizes[] = {16};
  const float data[16] = {0};
  for (int i = 0; i < 1000000; i++) {
    ct_tensor made = ct_from_data(data, CT_FLOAT32, sizes, 1);
    if (!made) return 1;
    // An exception on the way must not leak either.
    if (i % 1000 == 0) {
      ct_tensor other = ct_empty(sizes, 1, CT_FLOAT32, CT_CPU, 0);
      const int64_t wrong[] = {3};
      if (ct_reshape(made, wrong, 1)) return 2;
      ct_tensor sum = ct_add(made, other);
      ct_release(sum);
      ct_release(other);
    }
    ct_release(made);
  }
  puts("a million tensors made and dropped");
  return 0;
}
