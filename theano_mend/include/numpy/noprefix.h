/* Names of NumPy without their prefix NPY_: found where NumPy 2 has no such file any more.
 * Theano's ConvOp includes it and uses none of them. */
#include <numpy/arrayobject.h>
