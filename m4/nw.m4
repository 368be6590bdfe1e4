# NW_CFLAG(FLAG): adds FLAG to NW_CFLAGS when the compiler takes it; the user's CFLAGS stay theirs.
AC_DEFUN([NW_CFLAG],
[AS_VAR_PUSHDEF([cv], [nw_cv_cflag_$1])dnl
AC_CACHE_CHECK([whether $CC accepts $1], [cv],
[nw_save_CFLAGS=$CFLAGS
CFLAGS="$CFLAGS -Werror $1"
AC_COMPILE_IFELSE([AC_LANG_PROGRAM()], [AS_VAR_SET([cv], [yes])], [AS_VAR_SET([cv], [no])])
CFLAGS=$nw_save_CFLAGS])
AS_VAR_IF([cv], [yes], [NW_CFLAGS="$NW_CFLAGS $1"])
AS_VAR_POPDEF([cv])])

# NW_NEED(VARIABLE, MODULE, DEBIAN-PACKAGE): a library that must be there, with the package to install.
AC_DEFUN([NW_NEED],
[PKG_CHECK_MODULES([$1], [$2], [],
  [AC_MSG_ERROR([$2 not found: on Debian, apt-get install $3])])
NW_LIB_CFLAGS="$NW_LIB_CFLAGS $[]$1[]_CFLAGS"
NW_LIBS="$NW_LIBS $[]$1[]_LIBS"])
