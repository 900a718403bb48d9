! The linear reservoir of this folder in Fortran, with the C functions that NextGen's middleware would put around it: each
! takes the address of an opaque handle, texts end with a zero, times come by reference.
module reservoir
  use, intrinsic :: iso_c_binding
  use, intrinsic :: ieee_arithmetic, only: ieee_value, ieee_positive_inf
  implicit none
  private

  integer(c_int), parameter :: success = 0, failure = 1

  type :: state
    real(c_double) :: p = 0, q = 0, k = 0.1d0, profile(2) = 0, storage = 0, now = 0, step = 3600, until = 0
    real(c_float) :: s = 0
    integer(c_int) :: n = 0, fail = -1, stop_at = -1
    character(len=16) :: time_units = 's', units = 'mm'
  end type

contains

  function register_bmi(handle) result(status) bind(C, name='register_bmi')
    type(c_ptr), intent(out) :: handle
    integer(c_int) :: status
    type(state), pointer :: made
    allocate (made)
    made%until = ieee_value(made%until, ieee_positive_inf)
    handle = c_loc(made)
    status = success
  end function

  function register_bmi_refusing(handle) result(status) bind(C, name='register_bmi_refusing')
    type(c_ptr), intent(out) :: handle
    integer(c_int) :: status
    handle = c_null_ptr
    status = failure
  end function

  function of(handle) result(it)
    type(c_ptr), intent(in) :: handle
    type(state), pointer :: it
    call c_f_pointer(handle, it)
  end function

  function text(c) result(f)
    character(kind=c_char), intent(in) :: c(*)
    character(len=:), allocatable :: f
    integer :: i
    f = ''
    do i = 1, 2048
      if (c(i) == c_null_char) return
      f = f//c(i)
    end do
  end function

  subroutine put(f, c)
    character(len=*), intent(in) :: f
    character(kind=c_char), intent(inout) :: c(*)
    integer :: i
    do i = 1, len_trim(f)
      c(i) = f(i:i)
    end do
    c(len_trim(f) + 1) = c_null_char
  end subroutine

  function initialize(handle, config) result(status) bind(C, name='initialize')
    type(c_ptr), intent(in) :: handle
    character(kind=c_char), intent(in) :: config(*)
    integer(c_int) :: status
    type(state), pointer :: it
    character(len=32) :: key, value
    integer :: unit, io
    it => of(handle)
    status = success
    if (text(config) == '' .or. text(config) == '/dev/null') return
    open (newunit=unit, file=text(config), status='old', action='read', iostat=io)
    status = merge(success, failure, io == 0)
    do while (status == success)
      read (unit, *, iostat=io) key, value
      if (io /= 0) exit
      select case (key)
      case ('k'); read (value, *) it%k
      case ('step'); read (value, *) it%step
      case ('end'); read (value, *) it%until
      case ('time_units'); it%time_units = value(:16)
      case ('units'); it%units = value(:16)
      case ('hide', 'move'); continue  ! there are no pointers anyway
      case ('fail'); read (value, *) it%fail
      case ('stop'); read (value, *) it%stop_at
      case default; status = failure
      end select
    end do
    close (unit, iostat=io)
  end function

  function update(handle) result(status) bind(C, name='update')
    type(c_ptr), intent(in) :: handle
    integer(c_int) :: status
    type(state), pointer :: it
    real(c_double) :: full
    it => of(handle)
    status = failure
    if (it%n == it%fail) return
    if (it%n == it%stop_at) stop 'no more water'
    full = it%storage + it%p
    it%q = it%k*full
    it%storage = full - it%q
    it%s = real(it%storage, c_float)
    it%profile = [it%storage/4, it%storage*3/4]
    it%n = it%n + 1
    it%now = it%now + it%step
    status = success
  end function

  function update_until(handle, time) result(status) bind(C, name='update_until')
    type(c_ptr), intent(in) :: handle
    real(c_double), intent(in) :: time
    integer(c_int) :: status
    type(state), pointer :: it
    it => of(handle)
    status = success
    do while (it%now < time - 1d-6 .and. status == success)
      status = update(handle)
    end do
  end function

  function finalize(handle) result(status) bind(C, name='finalize')
    type(c_ptr), intent(in) :: handle
    integer(c_int) :: status
    type(state), pointer :: it
    it => of(handle)
    deallocate (it)
    status = success
  end function

  function get_input_item_count(handle, count) result(status) bind(C, name='get_input_item_count')
    type(c_ptr), intent(in) :: handle
    integer(c_int), intent(out) :: count
    integer(c_int) :: status
    count = 1
    status = merge(success, failure, c_associated(handle))
  end function

  function get_output_item_count(handle, count) result(status) bind(C, name='get_output_item_count')
    type(c_ptr), intent(in) :: handle
    integer(c_int), intent(out) :: count
    integer(c_int) :: status
    count = 4
    status = merge(success, failure, c_associated(handle))
  end function

  subroutine put_at(f, where)
    character(len=*), intent(in) :: f
    type(c_ptr), intent(in) :: where
    character(kind=c_char), pointer :: c(:)
    call c_f_pointer(where, c, [2048])
    call put(f, c)
  end subroutine

  function get_input_var_names(handle, names) result(status) bind(C, name='get_input_var_names')
    type(c_ptr), intent(in) :: handle
    type(c_ptr), intent(inout) :: names(*)
    integer(c_int) :: status
    call put_at('p', names(1))
    status = merge(success, failure, c_associated(handle))
  end function

  function get_output_var_names(handle, names) result(status) bind(C, name='get_output_var_names')
    type(c_ptr), intent(in) :: handle
    type(c_ptr), intent(inout) :: names(*)
    integer(c_int) :: status
    call put_at('q', names(1))
    call put_at('s', names(2))
    call put_at('n', names(3))
    call put_at('profile', names(4))
    status = merge(success, failure, c_associated(handle))
  end function

  function get_var_type(handle, name, type) result(status) bind(C, name='get_var_type')
    type(c_ptr), intent(in) :: handle
    character(kind=c_char), intent(in) :: name(*)
    character(kind=c_char), intent(inout) :: type(*)
    integer(c_int) :: status
    status = merge(success, failure, c_associated(handle))
    select case (text(name))
    case ('p', 'q', 'k', 'profile'); call put('double precision', type)
    case ('s'); call put('real', type)
    case ('n'); call put('integer', type)
    case default; status = failure
    end select
  end function

  function get_var_units(handle, name, units) result(status) bind(C, name='get_var_units')
    type(c_ptr), intent(in) :: handle
    character(kind=c_char), intent(in) :: name(*)
    character(kind=c_char), intent(inout) :: units(*)
    integer(c_int) :: status
    type(state), pointer :: it
    it => of(handle)
    status = success
    select case (text(name))
    case ('n', 'k'); call put('1', units)
    case ('p', 'q', 's', 'profile'); call put(it%units, units)
    case default; status = failure
    end select
  end function

  function get_var_itemsize(handle, name, size) result(status) bind(C, name='get_var_itemsize')
    type(c_ptr), intent(in) :: handle
    character(kind=c_char), intent(in) :: name(*)
    integer(c_int), intent(out) :: size
    integer(c_int) :: status
    status = merge(success, failure, c_associated(handle))
    size = 8
    select case (text(name))
    case ('p', 'q', 'k', 'profile'); continue
    case ('s', 'n'); size = 4
    case default; status = failure
    end select
  end function

  function get_var_nbytes(handle, name, bytes) result(status) bind(C, name='get_var_nbytes')
    type(c_ptr), intent(in) :: handle
    character(kind=c_char), intent(in) :: name(*)
    integer(c_int), intent(out) :: bytes
    integer(c_int) :: status
    status = get_var_itemsize(handle, name, bytes)
    if (text(name) == 'profile') bytes = 16
  end function

  function get_current_time(handle, time) result(status) bind(C, name='get_current_time')
    type(c_ptr), intent(in) :: handle
    real(c_double), intent(out) :: time
    integer(c_int) :: status
    type(state), pointer :: it
    it => of(handle)
    time = it%now
    status = success
  end function

  function get_end_time(handle, time) result(status) bind(C, name='get_end_time')
    type(c_ptr), intent(in) :: handle
    real(c_double), intent(out) :: time
    integer(c_int) :: status
    type(state), pointer :: it
    it => of(handle)
    time = it%until
    status = success
  end function

  function get_time_step(handle, step) result(status) bind(C, name='get_time_step')
    type(c_ptr), intent(in) :: handle
    real(c_double), intent(out) :: step
    integer(c_int) :: status
    type(state), pointer :: it
    it => of(handle)
    step = it%step
    status = success
  end function

  function get_component_name(handle, name) result(status) bind(C, name='get_component_name')
    type(c_ptr), intent(in) :: handle
    character(kind=c_char), intent(inout) :: name(*)
    integer(c_int) :: status
    status = merge(success, failure, c_associated(handle))
    call put('reservoir', name)
  end function

  function get_time_units(handle, units) result(status) bind(C, name='get_time_units')
    type(c_ptr), intent(in) :: handle
    character(kind=c_char), intent(inout) :: units(*)
    integer(c_int) :: status
    type(state), pointer :: it
    it => of(handle)
    call put(it%time_units, units)
    status = success
  end function

  function get_value_double(handle, name, dest) result(status) bind(C, name='get_value_double')
    type(c_ptr), intent(in) :: handle
    character(kind=c_char), intent(in) :: name(*)
    real(c_double), intent(inout) :: dest(*)
    integer(c_int) :: status
    type(state), pointer :: it
    it => of(handle)
    status = success
    select case (text(name))
    case ('p'); dest(1) = it%p
    case ('q'); dest(1) = it%q
    case ('k'); dest(1) = it%k
    case ('profile'); dest(1:2) = it%profile
    case default; status = failure
    end select
  end function

  function get_value_float(handle, name, dest) result(status) bind(C, name='get_value_float')
    type(c_ptr), intent(in) :: handle
    character(kind=c_char), intent(in) :: name(*)
    real(c_float), intent(inout) :: dest(*)
    integer(c_int) :: status
    type(state), pointer :: it
    it => of(handle)
    status = merge(success, failure, text(name) == 's')
    if (status == success) dest(1) = it%s
  end function

  function get_value_int(handle, name, dest) result(status) bind(C, name='get_value_int')
    type(c_ptr), intent(in) :: handle
    character(kind=c_char), intent(in) :: name(*)
    integer(c_int), intent(inout) :: dest(*)
    integer(c_int) :: status
    type(state), pointer :: it
    it => of(handle)
    status = merge(success, failure, text(name) == 'n')
    if (status == success) dest(1) = it%n
  end function

  function set_value_double(handle, name, src) result(status) bind(C, name='set_value_double')
    type(c_ptr), intent(in) :: handle
    character(kind=c_char), intent(in) :: name(*)
    real(c_double), intent(in) :: src(*)
    integer(c_int) :: status
    type(state), pointer :: it
    it => of(handle)
    status = success
    select case (text(name))
    case ('p'); it%p = src(1)
    case ('k'); it%k = src(1)
    case ('profile'); it%profile = src(1:2)
    case default; status = failure
    end select
  end function

end module
