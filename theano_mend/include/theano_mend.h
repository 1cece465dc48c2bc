/* What Theano 1.0.5's C code expects of Python and NumPy, and newer ones lack.
 *
 * `theano_mend` hands this file to the compiler by -include, so it stands before every
 * line that Theano generates. It is the same for all versions of Python and NumPy.
 */
#ifndef THEANO_MEND_H
#define THEANO_MEND_H

/* Theano also tries flags (OpenMP, say) on files of a few lines, without these folders. */
#if __has_include(<Python.h>) && __has_include(<numpy/arrayobject.h>)

/* NumPy 2 shows the fields of PyArray_Descr (`elsize`) to code that asks for NumPy 2 alone.
 * Code that NumPy 1 runs is built against NumPy 1's headers, which lack this file. */
#if __has_include(<numpy/npy_2_compat.h>)
#define NPY_TARGET_VERSION 0x00000012
#endif

#include <Python.h>

#include <complex>

#include <numpy/arrayobject.h>

/* Went with NumPy 2's npy_3kcompat.h. */
#include <numpy/npy_3kcompat.h>

#ifndef NPY_PY3K
#define NPY_PY3K 1
#endif
#ifndef PyInt_Check
#define PyInt_Check PyLong_Check
#endif
#ifndef PyInt_AsLong
#define PyInt_AsLong PyLong_AsLong
#endif
#ifndef PyInt_AS_LONG
#define PyInt_AS_LONG PyLong_AsLong
#endif
#ifndef PyInt_FromLong
#define PyInt_FromLong PyLong_FromLong
#endif

/* A thunk is a capsule without a name whose context is the thunk's data. Macros, so that
 * they also stand in for the functions of this name that NumPy 1 has. */
#define NpyCapsule_Check PyCapsule_CheckExact
#define NpyCapsule_AsVoidPtr(capsule) PyCapsule_GetPointer(capsule, NULL)
#define NpyCapsule_GetDesc(capsule) PyCapsule_GetContext(capsule)

enum { THEANO_MEND_MAXDIMS = NPY_MAXDIMS };  /* of an array: before the name means another thing */

/* Theano means by it "all axes": 32 in NumPy 1, another number in NumPy 2. */
#ifdef NPY_RAVEL_AXIS
#undef NPY_MAXDIMS
#define NPY_MAXDIMS NPY_RAVEL_AXIS
#endif

/* Theano derives its complex numbers from these and asks for their parts by name, which they
 * lack in NumPy 2. Whatever of NumPy's headers uses them itself comes before. */
#ifdef NPY_TARGET_VERSION
#include <numpy/arrayscalars.h>
#include <numpy/npy_math.h>
struct theano_mend_complex64 {
    npy_float32 real, imag;
};
struct theano_mend_complex128 {
    npy_float64 real, imag;
};
#define npy_complex64 theano_mend_complex64
#define npy_complex128 theano_mend_complex128
#endif

#ifdef THEANO_MEND_OPENBLAS
/* Every symbol of the OpenBLAS in scipy-openblas32 has this prefix. */
#define saxpy_ scipy_saxpy_
#define scopy_ scipy_scopy_
#define sdot_ scipy_sdot_
#define sgemm_ scipy_sgemm_
#define sgemv_ scipy_sgemv_
#define sger_ scipy_sger_
#define sscal_ scipy_sscal_
#define daxpy_ scipy_daxpy_
#define dcopy_ scipy_dcopy_
#define ddot_ scipy_ddot_
#define dgemm_ scipy_dgemm_
#define dgemv_ scipy_dgemv_
#define dger_ scipy_dger_
#define dscal_ scipy_dscal_
#define openblas_get_num_threads_ scipy_openblas_get_num_threads_
#define openblas_set_num_threads_ scipy_openblas_set_num_threads_
#define openblas_get_num_threads scipy_openblas_get_num_threads
#define openblas_set_num_threads scipy_openblas_set_num_threads
#endif

/* `a[rows] += increment`, or `=`, for AdvancedIncSubtensor1: Theano's own walks by NumPy's
 * PyArrayMapIter, which is no longer public. A row named twice is added to twice. */

template <typename T>
static void theano_mend_rows(char *to, const npy_intp *rows, const npy_intp *to_strides,
                             const char *from, const npy_intp *from_strides,
                             const npy_intp *shape, int ndim, bool add) {
    npy_intp at[THEANO_MEND_MAXDIMS];
    for (npy_intp row = 0; row < shape[0]; ++row) {
        char *out = to + rows[row] * to_strides[0];
        const char *in = from + row * from_strides[0];
        for (int d = 1; d < ndim; ++d) at[d] = 0;
        for (;;) {
            T *element = (T *)out;
            *element = (add ? *element : T(0)) + *(const T *)in;
            int d = ndim - 1;
            for (; d > 0; --d) {
                out += to_strides[d];
                in += from_strides[d];
                if (++at[d] < shape[d]) break;
                out -= shape[d] * to_strides[d];
                in -= shape[d] * from_strides[d];
                at[d] = 0;
            }
            if (d < 1) break;
        }
    }
}

static inline int inplace_increment(PyArrayObject *a, PyObject *index, PyArrayObject *increment,
                                    int add) {
    int done = -1;
    const int ndim = PyArray_NDIM(a);
    PyArrayObject *rows = NULL, *values = NULL;
    npy_intp shape[THEANO_MEND_MAXDIMS], from_strides[THEANO_MEND_MAXDIMS];
    bool empty = false;
    npy_intp *row;
    int missing;

    if (PyArray_FailUnlessWriteable(a, "input/output array") < 0) return -1;
    if (ndim == 0) {
        PyErr_SetString(PyExc_IndexError, "0-d arrays can't be indexed.");
        return -1;
    }
    /* A copy, since negative rows are counted from the end. */
    rows = (PyArrayObject *)PyArray_FROMANY(
        index, NPY_INTP, 1, 1, NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_FORCECAST | NPY_ARRAY_ENSURECOPY);
    Py_INCREF(PyArray_DESCR(a));
    values = (PyArrayObject *)PyArray_FromAny((PyObject *)increment, PyArray_DESCR(a), 0, 0,
                                              NPY_ARRAY_FORCECAST | NPY_ARRAY_ALIGNED, NULL);
    if (rows == NULL || values == NULL) goto end;
    row = (npy_intp *)PyArray_DATA(rows);
    for (npy_intp i = 0; i < PyArray_DIM(rows, 0); ++i) {
        const npy_intp size = PyArray_DIM(a, 0), asked = row[i];
        if (row[i] < 0) row[i] += size;
        if (row[i] < 0 || row[i] >= size) {
            PyErr_Format(PyExc_IndexError,
                         "index %zd is out of bounds for axis 0 with size %zd", asked, size);
            goto end;
        }
    }
    missing = ndim - PyArray_NDIM(values);
    for (int d = 0; d < ndim; ++d) {
        shape[d] = d == 0 ? PyArray_DIM(rows, 0) : PyArray_DIM(a, d);
        empty = empty || shape[d] == 0;
        from_strides[d] = 0;
        if (d < missing) continue;
        if (PyArray_DIM(values, d - missing) == shape[d]) {
            from_strides[d] = PyArray_STRIDE(values, d - missing);
        } else if (PyArray_DIM(values, d - missing) != 1) {
            missing = -1;
            break;
        }
    }
    if (missing < 0) {
        PyErr_SetString(PyExc_ValueError, "the increment does not fit the rows that it goes to");
        goto end;
    }
    done = 0;
    if (empty) goto end;
#define THEANO_MEND_CASE(number, type)                                                        \
    case number:                                                                              \
        theano_mend_rows<type>(PyArray_BYTES(a), row, PyArray_STRIDES(a), PyArray_BYTES(values), \
                               from_strides, shape, ndim, add != 0);                          \
        break
    switch (PyArray_TYPE(a)) {
        THEANO_MEND_CASE(NPY_BYTE, npy_byte);
        THEANO_MEND_CASE(NPY_SHORT, npy_short);
        THEANO_MEND_CASE(NPY_INT, npy_int);
        THEANO_MEND_CASE(NPY_LONG, npy_long);
        THEANO_MEND_CASE(NPY_LONGLONG, npy_longlong);
        THEANO_MEND_CASE(NPY_UBYTE, npy_ubyte);
        THEANO_MEND_CASE(NPY_USHORT, npy_ushort);
        THEANO_MEND_CASE(NPY_UINT, npy_uint);
        THEANO_MEND_CASE(NPY_ULONG, npy_ulong);
        THEANO_MEND_CASE(NPY_ULONGLONG, npy_ulonglong);
        THEANO_MEND_CASE(NPY_FLOAT, npy_float);
        THEANO_MEND_CASE(NPY_DOUBLE, npy_double);
        THEANO_MEND_CASE(NPY_CFLOAT, std::complex<float>);
        THEANO_MEND_CASE(NPY_CDOUBLE, std::complex<double>);
        default:
            PyErr_SetString(PyExc_TypeError, "unsupported type for a");
            done = -1;
    }
#undef THEANO_MEND_CASE
end:
    Py_XDECREF(rows);
    Py_XDECREF(values);
    return done;
}

#endif
#endif
