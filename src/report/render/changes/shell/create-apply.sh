
check_new
create_new
